//! The request in its wire form.
