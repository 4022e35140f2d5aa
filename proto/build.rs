//! Compiles the `.proto` files without protoc and keeps the descriptor set for gRPC reflection.

use std::path::Path;

const FILES: [&str; 5] = [
    "guichet/common/v1/common.proto",
    "guichet/intake/v1/intake.proto",
    "guichet/routing/v1/routing.proto",
    "guichet/notification/v1/notification.proto",
    "guichet/knowledge/v1/knowledge.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=guichet");
    let descriptors = protox::compile(FILES, ["."])?;
    let out_dir = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let encoded = protox::prost::Message::encode_to_vec(&descriptors);
    std::fs::write(Path::new(&out_dir).join("guichet.bin"), encoded)?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
