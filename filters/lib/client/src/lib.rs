//! What a client asks for, and how it is refused in its own dialect.
