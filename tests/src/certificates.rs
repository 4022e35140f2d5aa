//! Certificates for a split product, as `openssl` or cert-manager would make them.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

/// Writes a certificate for each target into a folder of its name: `tls.crt`, `tls.key` and `ca.crt`, all of one authority.
///
/// # Panics
/// When they cannot be written.
pub(crate) fn write(folder: &Path, targets: &[&str]) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no name is a wrong one");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("signs itself").pem();
    let issuer = Issuer::new(params, key);
    for target in targets {
        let key = KeyPair::generate().expect("a key");
        let names = vec![(*target).to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("good names");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &issuer).expect("signs").pem();
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, text) in [("tls.crt", &certificate), ("tls.key", &key.serialize_pem()), ("ca.crt", &authority)] {
            std::fs::write(folder.join(name), text).expect("it can be written");
        }
    }
}
