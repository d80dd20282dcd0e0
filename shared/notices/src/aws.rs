//! E-mail by Amazon SES, and text messages by Amazon SNS.
//!
//! E-mail never goes by SNS: each of its mails has a link that ends the subscription without asking
//! who follows it, and mail scanners follow links.

use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use futures_util::future::BoxFuture;
use pagewarden_policies::Way;

use crate::{Carried, Carrier, CarryError, Parcel};

/// E-mail by SES.
#[derive(Clone, Debug)]
pub struct Ses {
    client: aws_sdk_sesv2::Client,
    from: Option<String>,
    configuration_set: Option<String>,
}

impl Ses {
    /// Sends from this address, which SES has to know. Without one nothing is sent. The
    /// configuration set brings back what could not be delivered.
    #[must_use]
    pub fn new(
        client: aws_sdk_sesv2::Client,
        from: Option<String>,
        configuration_set: Option<String>,
    ) -> Self {
        Ses {
            client,
            from,
            configuration_set,
        }
    }

    async fn send(&self, parcel: &Parcel) -> Result<Carried, CarryError> {
        let Some(from) = &self.from else {
            return Err(CarryError::Unavailable(
                "no address to send from: set FromAddress".to_owned(),
            ));
        };
        let built =
            |error: aws_sdk_sesv2::error::BuildError| CarryError::Unavailable(error.to_string());
        let content = |text: &str| {
            Content::builder()
                .data(text)
                .charset("UTF-8")
                .build()
                .map_err(built)
        };
        let body = Body::builder().text(content(&parcel.wording.body)?).build();
        let message = Message::builder()
            .subject(content(&parcel.wording.subject)?)
            .body(body)
            .build();
        let tag = |name: &str, value: &str| {
            MessageTag::builder()
                .name(name)
                .value(value)
                .build()
                .map_err(built)
        };
        let sent = self
            .client
            .send_email()
            .from_email_address(from)
            .destination(
                Destination::builder()
                    .to_addresses(&parcel.to.address)
                    .build(),
            )
            .content(EmailContent::builder().simple(message).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .email_tags(tag("practice", parcel.practice.as_str())?)
            .email_tags(tag("notice", &parcel.notice)?)
            .send()
            .await;
        let Err(error) = sent else { return Ok(Carried) };
        let Some(error) = error.as_service_error() else {
            return Err(CarryError::Unavailable("no answer".to_owned()));
        };
        let code = error.meta().code().unwrap_or("unknown").to_owned();
        // What SES says about it may name the address, so only the code is kept.
        let refused = matches!(
            error,
            SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_)
        );
        Err(if refused {
            CarryError::Refused(code)
        } else {
            CarryError::Unavailable(code)
        })
    }
}

impl Carrier for Ses {
    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<Carried, CarryError>> {
        Box::pin(self.send(parcel))
    }

    fn carries(&self, way: Way) -> bool {
        way == Way::Email
    }
}

/// Text messages by SNS.
#[derive(Clone, Debug)]
pub struct Sns {
    client: aws_sdk_sns::Client,
}

impl Sns {
    /// Sends by this client.
    #[must_use]
    pub fn new(client: aws_sdk_sns::Client) -> Self {
        Sns { client }
    }

    async fn send(&self, parcel: &Parcel) -> Result<Carried, CarryError> {
        // The kind that SNS tries hardest to deliver.
        let kind = MessageAttributeValue::builder()
            .data_type("String")
            .string_value("Transactional")
            .build();
        let kind = kind.map_err(|error| CarryError::Unavailable(error.to_string()))?;
        let sent = self
            .client
            .publish()
            .phone_number(&parcel.to.address)
            .message(&parcel.wording.text)
            .message_attributes("AWS.SNS.SMS.SMSType", kind)
            .send()
            .await;
        let Err(error) = sent else { return Ok(Carried) };
        let Some(error) = error.as_service_error() else {
            return Err(CarryError::Unavailable("no answer".to_owned()));
        };
        let code = error.meta().code().unwrap_or("unknown").to_owned();
        // No number of anybody's, or one whose owner wants no messages.
        let refused = matches!(
            error,
            PublishError::InvalidParameterException(_)
                | PublishError::InvalidParameterValueException(_)
                | PublishError::ValidationException(_)
        );
        Err(if refused {
            CarryError::Refused(code)
        } else {
            CarryError::Unavailable(code)
        })
    }
}

impl Carrier for Sns {
    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<Carried, CarryError>> {
        Box::pin(self.send(parcel))
    }

    fn carries(&self, way: Way) -> bool {
        way == Way::Text
    }
}
