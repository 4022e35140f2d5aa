//! Ways in besides gRPC.

pub mod smtp;
