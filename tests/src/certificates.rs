//! Certificates for a split product, as `openssl` or cert-manager would make them.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};

/// Years in which the certificates of a product hold.
const ALWAYS: (i32, i32) = (1975, 4096);

/// Writes a certificate for each target into a folder of its name: `tls.crt`, `tls.key` and `ca.crt`, all of one authority.
///
/// # Panics
/// When they cannot be written.
pub(crate) fn write(folder: &Path, targets: &[&str]) {
    write_between(folder, targets, ALWAYS);
}

/// Writes certificates that hold from the first day of a year to the first of another.
///
/// # Panics
/// When they cannot be written.
pub fn write_between(folder: &Path, targets: &[&str], (from, to): (i32, i32)) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no name is a wrong one");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("signs itself").pem();
    let issuer = Issuer::new(params, key);
    for target in targets {
        let key = KeyPair::generate().expect("a key");
        let names = vec![(*target).to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("good names");
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &issuer).expect("signs").pem();
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, text) in [("tls.crt", &certificate), ("tls.key", &key.serialize_pem()), ("ca.crt", &authority)] {
            std::fs::write(folder.join(name), text).expect("it can be written");
        }
    }
}
