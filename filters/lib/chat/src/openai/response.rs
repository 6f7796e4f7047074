//! The answer, its stream and its errors in their wire form.
