//! From where somebody on the internet asks.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;

/// The network from which a request comes, as API Gateway saw it: an address of IPv4, or the part of
/// one of IPv6 that one household has. What a header says about it is not asked: anybody can write
/// one.
///
/// It is counted by a hash, and neither kept nor logged.
pub(crate) struct Network(pub(crate) String);

impl Network {
    fn of(address: Option<&str>) -> Self {
        let address = address.and_then(|address| address.parse().ok());
        Network(match address {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => format!("{:x?}", &address.segments()[..4]),
            },
            // On a laptop, where there is no gateway: everybody is one.
            None => "here".to_owned(),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Network {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
            Some(_) | None => None,
        };
        Ok(Network::of(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_network_and_its_neighbour_another() {
        let of = |address| Network::of(Some(address)).0;
        assert_eq!(of("198.51.100.7"), "198.51.100.7");
        assert_eq!(of("::ffff:198.51.100.7"), "198.51.100.7");
        assert_eq!(of("2001:db8:1:2::7"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::7"), of("2001:db8:1:3::7"));
        assert_eq!(of("what is this"), Network::of(None).0);
    }
}
