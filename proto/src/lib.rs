//! The gRPC contract of the four services, generated from `guichet/*/v1/*.proto` at build time, without protoc.
//!
//! Nothing here is written by hand but the module tree. A new field takes a new number; a number is never reused.

/// Returns the serialised file descriptor set, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guichet.bin"));

macro_rules! package {
    ($name:ident, $package:literal, $doc:literal) => {
        #[doc = $doc]
        pub mod $name {
            /// First version.
            pub mod v1 {
                tonic::include_proto!($package);
            }
        }
    };
}

package!(common, "guichet.common.v1", "Words shared by the four services.");
package!(intake, "guichet.intake.v1", "What was said: requests, threads, parties, attachments.");
package!(routing, "guichet.routing.v1", "The work: directory, queue, offers, assignments, decisions.");
package!(notification, "guichet.notification.v1", "What is sent: templates, deliveries, receipts.");
package!(knowledge, "guichet.knowledge.v1", "Sheets, search and classifier.");
