//! The registry against a scripted server.
