//! Where a page ends and the next one starts, as the opaque text that goes through the URL.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StoreError;

/// Rows a page.
pub const PAGE: usize = 50;

/// The last session of a page, in the order (last activity, id), both descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCursor {
    pub last_activity: DateTime<Utc>,
    pub session_id: Uuid,
}

impl SessionCursor {
    pub fn encode(self) -> String {
        format!("{}.{}", self.last_activity.timestamp_micros(), self.session_id.simple())
    }

    pub fn decode(text: &str) -> Result<Self, StoreError> {
        let parse = || {
            let (micros, id) = text.split_once('.')?;
            let last_activity = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
            Some(Self { last_activity, session_id: Uuid::try_parse(id).ok()? })
        };
        parse().ok_or_else(not_a_page)
    }
}

/// The last request of a page. Ids are of version 7: their order is that of their start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCursor(pub Uuid);

impl RequestCursor {
    pub fn encode(self) -> String {
        self.0.simple().to_string()
    }

    pub fn decode(text: &str) -> Result<Self, StoreError> {
        Uuid::try_parse(text).map(Self).map_err(|_| not_a_page())
    }
}

fn not_a_page() -> StoreError {
    StoreError::Invalid { parameter: "before", reason: "does not name a page of this list".to_owned() }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn cursors_survive_the_url() {
        let session = SessionCursor {
            last_activity: DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_767_969_600_123_456),
            session_id: Uuid::from_u128(7),
        };
        assert_eq!(SessionCursor::decode(&session.encode()).unwrap(), session);
        let request = RequestCursor(Uuid::from_u128(8));
        assert_eq!(RequestCursor::decode(&request.encode()).unwrap(), request);
    }

    #[test]
    fn anything_else_is_refused_by_the_name_of_its_parameter() {
        for text in
            ["", ".", "1", "1.", ".00000000000000000000000000000007", "x.7", "9223372036854775807.7", "' OR 1=1"]
        {
            assert!(
                matches!(SessionCursor::decode(text), Err(StoreError::Invalid { parameter: "before", .. })),
                "{text}"
            );
            assert!(
                matches!(RequestCursor::decode(text), Err(StoreError::Invalid { parameter: "before", .. })),
                "{text}"
            );
        }
    }
}
