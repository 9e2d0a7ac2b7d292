//! The host's properties, as far as tours need them, and the widgets that speak for them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio_postgres::Row;

use super::{Error, Result, Tx};
use crate::domain::ids::PropertyId;
use crate::domain::zone;

/// An apartment community.
#[derive(Clone, Debug)]
pub struct Property {
    pub id: PropertyId,
    pub name: String,
    /// On one line, where the host has one.
    pub address: Option<String>,
    /// IANA name: the widget's setting, else the property's, else its organization's. Never a guess.
    pub zone: Option<String>,
    /// Minutes that a tour by a manual slot takes where the slot does not say.
    pub tour_duration: i32,
}

impl Property {
    /// The zone's rules, of the data that the program carries.
    pub fn time_zone(&self) -> Option<TimeZone> {
        zone::find(self.zone.as_deref()?)
    }
}

const COLUMNS: &str = "o.id, o.name, o.address, \
     coalesce(nullif(w.timezone, ''), nullif(o.settings ->> 'timezone', ''), nullif(g.settings ->> 'timezone', '')) as zone, \
     coalesce(w.tour_duration_minutes, 30) as tour_duration";

const FROM: &str = "luma.properties o left join luma.organizations g on g.id = o.org_id \
     left join luma.widgets w on w.property_id = o.id";

impl TryFrom<&Row> for Property {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        let address: Option<Value> = row.try_get("address")?;
        Ok(Self {
            id: PropertyId(row.try_get("id")?),
            name: row.try_get("name")?,
            address: address.as_ref().and_then(one_line),
            zone: row.try_get("zone")?,
            tour_duration: row.try_get("tour_duration")?,
        })
    }
}

/// The host writes `{street, city, state, zip}`, and reads `full` too.
fn one_line(address: &Value) -> Option<String> {
    let part = |name: &str| address[name].as_str().map(str::trim);
    if let Some(full) = part("full").filter(|full| !full.is_empty()) {
        return Some(full.to_owned());
    }
    let area = [part("state"), part("zip")].map(Option::unwrap_or_default);
    let area = area.join(" ").trim().to_owned();
    let parts = [part("street"), part("city"), Some(area.as_str())];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub async fn find(tx: &Tx, id: PropertyId) -> Result<Option<Property>> {
    let sql = format!("select {COLUMNS} from {FROM} where o.id = $1");
    let row = tx.query_opt(&sql, &[&id]).await?;
    row.as_ref().map(Property::try_from).transpose()
}

/// A call of a widget, or of a prospect's page: the property that its key names, and how often was called.
pub struct Admission {
    pub property: Option<Property>,
    /// Whether the property offers tours in its widget.
    pub is_open: bool,
    /// In this window, the present call included.
    pub by_source: i32,
    pub by_property: i32,
}

/// Counts a call of a widget and finds its property, in one statement; from then on the transaction,
/// which began on no tenant's behalf, sees this property's rows only.
///
/// `door` names what is counted; `source` is the caller's network address.
pub async fn admit(
    tx: &Tx,
    api_key: &str,
    door: &str,
    source: &str,
    window_start: Timestamp,
) -> Result<Admission> {
    let sql = format!(
        "with widget as materialized (
            select property_id, is_active and tours_enabled as is_open from luma.widgets where api_key = $1
         ), counted as (
            insert into rate_counters as c (bucket, window_start, hits)
            select bucket, $4, 1 from (
                select $2 || ':' || $3 as bucket
                union all select $2 || ':property:' || property_id from widget) buckets
            order by bucket
            on conflict (bucket, window_start) do update set hits = c.hits + 1
            returning bucket, hits
         )
         select {COLUMNS}, coalesce(widget.is_open, false) as is_open,
            (select hits from counted where bucket = $2 || ':' || $3) as by_source,
            coalesce((select hits from counted where bucket <> $2 || ':' || $3), 0) as by_property,
            set_config('app.tenant', coalesce(o.id::text, ''), true)
         from (select) one left join widget on true
         left join ({FROM}) on o.id = widget.property_id"
    );
    let row = tx
        .query_one(&sql, &[&api_key, &door, &source, &window_start])
        .await?;
    let id: Option<uuid::Uuid> = row.try_get("id")?;
    Ok(Admission {
        property: id.map(|_| Property::try_from(&row)).transpose()?,
        is_open: row.try_get("is_open")?,
        by_source: row.try_get("by_source")?,
        by_property: row.try_get("by_property")?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_one_line_whatever_the_host_knows() {
        let cases = [
            (
                json!({"full": "1 Oak St, Austin"}),
                Some("1 Oak St, Austin"),
            ),
            (
                json!({"street": "1 Oak St", "city": "Austin", "state": "TX", "zip": "78701"}),
                Some("1 Oak St, Austin, TX 78701"),
            ),
            (json!({"city": "Austin", "zip": ""}), Some("Austin")),
            (json!({}), None),
            (json!("text"), None),
            (Value::Null, None),
        ];
        for (address, line) in cases {
            assert_eq!(one_line(&address).as_deref(), line, "{address}");
        }
    }
}
