//! The style sheet and the icon, each under an address that changes with its content, so that
//! browsers keep them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::Problem;

/// The style sheet that `make styles` builds.
pub const STYLES: &str = include_str!("../assets/pagewarden.css");

/// A plain shape of our own: the NHS's logo and its lozenge are protected.
const ICON: &str = include_str!("../assets/icon.svg");

/// For a year: another content has another address.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The style sheet as `build.rs` has compressed it.
const COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pagewarden.css.gz"));

struct Asset {
    path: String,
    kind: HeaderValue,
    content: &'static str,
    compressed: Option<&'static [u8]>,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let hash = hex::encode(&Sha256::digest(content)[..8]);
        let kind = HeaderValue::from_static(kind);
        Asset {
            path: format!("/assets/{name}-{hash}.{ending}"),
            kind,
            content,
            compressed: None,
        }
    }
}

static ASSETS: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    [
        Asset {
            compressed: Some(COMPRESSED),
            ..Asset::new("pagewarden", "css", "text/css; charset=utf-8", STYLES)
        },
        Asset::new("icon", "svg", "image/svg+xml", ICON),
    ]
});

/// Returns the address of the style sheet.
pub(crate) fn styles() -> &'static str {
    &ASSETS[0].path
}

/// Returns the address of the icon.
pub(crate) fn icon() -> &'static str {
    &ASSETS[1].path
}

pub(crate) async fn serve(
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(name) = name.map_err(|_| Problem::NotFound)?;
    let asset = ASSETS
        .iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(&name));
    let asset = asset.ok_or(Problem::NotFound)?;
    let takes_gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(',').any(|coding| coding.trim() == "gzip"))
        });
    let headers = [
        (header::CONTENT_TYPE, asset.kind.clone()),
        (header::CACHE_CONTROL, FOR_GOOD),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    Ok(match asset.compressed.filter(|_| takes_gzip) {
        Some(compressed) => {
            (headers, [(header::CONTENT_ENCODING, "gzip")], compressed).into_response()
        }
        None => (headers, asset.content).into_response(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frutiger is licensed to NHS organisations alone, and the logo and its lozenge are protected.
    /// A style sheet that loads anything would be stopped by our own policy as well.
    #[test]
    fn the_style_sheet_holds_no_nhs_marks_and_loads_nothing() {
        let lower = STYLES.to_lowercase();
        for taboo in [
            "frutiger",
            "assets.nhs.uk",
            "url(",
            "@font-face",
            "@import",
            "nhsuk-logo",
            "lozenge",
        ] {
            assert!(!lower.contains(taboo), "the style sheet holds {taboo}");
        }
        assert!(
            lower.contains(".nhsuk-button") && lower.contains(".pw-header"),
            "the style sheet is not the built one"
        );
        assert!(
            STYLES.contains("MIT"),
            "the licence of what it was made of is gone"
        );
    }
}
