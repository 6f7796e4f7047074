//! What meaning does not see: texts whose vectors lie close together, and which ask for different answers.
