//! Certificates and how peers are verified.
//!
//! Whoever connects to us sees our certificate: the office's own, or a self-signed one made at the first start. Servers that we
//! connect to are verified against the trusted roots when we know them by a name (a trunk found by DNS). A phone has no name
//! that it could prove: the connection to it is encrypted, not verified.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Where certificate, key and roots lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// Whether both are made when neither is there.
    pub create: bool,
    /// The names in a certificate that is made.
    pub names: Vec<String>,
    /// Trusted roots, PEM, for servers that we know by a name; `None`: those are not verified either.
    pub roots: Option<PathBuf>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// Certificate and key don't fit, or the certificate could not be made.
    #[error("TLS: {0}")]
    Certificate(String),
}

/// What new connections use.
#[derive(Clone)]
pub(super) struct TlsContext {
    pub(super) acceptor: TlsAcceptor,
    verified: Option<TlsConnector>,
    unverified: TlsConnector,
}

impl std::fmt::Debug for TlsContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsContext").finish_non_exhaustive()
    }
}

impl TlsContext {
    /// The connector for a server known by `name`, or by its address alone.
    pub(super) fn connector(&self, has_name: bool) -> &TlsConnector {
        if has_name { self.verified.as_ref().unwrap_or(&self.unverified) } else { &self.unverified }
    }
}

/// Makes certificate and key if neither is there and they are to be made.
pub fn make_certificate(files: &TlsFiles) -> Result<(), TlsError> {
    if files.create && !files.certificate.exists() && !files.key.exists() {
        create(files)?;
    }
    Ok(())
}

/// Reads the files; makes certificate and key first if neither is there.
pub(super) fn load_or_create(files: &TlsFiles) -> Result<TlsContext, TlsError> {
    make_certificate(files)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(file_error(&files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(file_error(&files.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let bad = |error: rustls::Error| TlsError::Certificate(error.to_string());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(bad)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(bad)?;
    let unverified = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(bad)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Unverified(provider.clone())))
        .with_no_client_auth();
    let verified = match &files.roots {
        None => None,
        Some(path) => {
            let mut roots = RootCertStore::empty();
            let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let (added, ignored) = roots.add_parsable_certificates(read.map_err(file_error(path))?);
            tracing::debug!(added, ignored, path = %path.display(), "trusted roots");
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(bad)?
                .with_root_certificates(roots)
                .with_no_client_auth();
            Some(TlsConnector::from(Arc::new(config)))
        }
    };
    Ok(TlsContext {
        acceptor: TlsAcceptor::from(Arc::new(server)),
        verified,
        unverified: TlsConnector::from(Arc::new(unverified)),
    })
}

/// A self-signed certificate; its key can be read by its owner alone.
fn create(files: &TlsFiles) -> Result<(), TlsError> {
    let made = rcgen::generate_simple_self_signed(files.names.clone())
        .map_err(|error| TlsError::Certificate(error.to_string()))?;
    write_new(&files.key, 0o600, made.signing_key.serialize_pem().as_bytes())?;
    write_new(&files.certificate, 0o644, made.cert.pem().as_bytes())?;
    tracing::info!(certificate = %files.certificate.display(), "self-signed certificate made");
    Ok(())
}

fn file_error(path: &Path) -> impl Fn(rustls::pki_types::pem::Error) -> TlsError + '_ {
    move |error| TlsError::File { path: path.to_owned(), error: format!("{error}") }
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), TlsError> {
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path))
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| TlsError::File { path: path.to_owned(), error: error.to_string() })
}

/// Whether a certificate can prove this name or address.
pub fn is_provable(name: &str) -> bool {
    ServerName::try_from(name).is_ok()
}

/// Takes any certificate, but wants the peer to hold its key.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
pub(super) fn unverified_for_tests() -> Arc<dyn ServerCertVerifier> {
    Arc::new(Unverified(Arc::new(rustls::crypto::ring::default_provider())))
}
