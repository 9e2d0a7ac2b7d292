//! Times that a person made by hand (`tour_slots`), each with places: for properties without any
//! agent's calendar.

use jiff::civil::{Date, Time};
use tokio_postgres::Row;

use crate::domain::ids::*;
use crate::store::{Error, Result, Tx};

/// One such time, on the clock of the property.
#[derive(Clone, Debug)]
pub struct ManualSlot {
    pub id: ManualSlotId,
    pub date: Date,
    pub start: Time,
    pub end: Time,
    /// Places that are left.
    pub places: i32,
}

const COLUMNS: &str = "id, slot_date, start_time, end_time, \
     case when is_available then greatest(max_bookings - coalesce(current_bookings, 0), 0) else 0 end as places";

impl TryFrom<&Row> for ManualSlot {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self> {
        Ok(Self {
            id: ManualSlotId(row.try_get("id")?),
            date: row.try_get("slot_date")?,
            start: row.try_get("start_time")?,
            end: row.try_get("end_time")?,
            places: row.try_get("places")?,
        })
    }
}

/// From the first date to the last, both included, whether places are left or not.
pub async fn manual(
    tx: &Tx,
    property: PropertyId,
    from: Date,
    to: Date,
) -> Result<Vec<ManualSlot>> {
    let sql = format!(
        "select {COLUMNS} from luma.tour_slots
         where property_id = $1 and slot_date between $2 and $3 and is_available
         order by slot_date, start_time, id"
    );
    let rows = tx.query(&sql, &[&property, &from, &to]).await?;
    rows.iter().map(ManualSlot::try_from).collect()
}

pub async fn manual_by_id(
    tx: &Tx,
    property: PropertyId,
    id: ManualSlotId,
) -> Result<Option<ManualSlot>> {
    let sql = format!("select {COLUMNS} from luma.tour_slots where property_id = $1 and id = $2");
    let row = tx.query_opt(&sql, &[&property, &id]).await?;
    row.as_ref().map(ManualSlot::try_from).transpose()
}

/// Takes one place, if one is left: the row's own lock keeps two from taking the last.
pub async fn take_place(tx: &Tx, id: ManualSlotId) -> Result<bool> {
    let changed = tx
        .execute(
            "update luma.tour_slots set current_bookings = coalesce(current_bookings, 0) + 1
             where id = $1 and is_available and coalesce(current_bookings, 0) < max_bookings",
            &[&id],
        )
        .await?;
    Ok(changed > 0)
}

/// Gives a place back that a booking leaves for another time. A cancelled booking gives it back by itself.
pub async fn give_place(tx: &Tx, id: ManualSlotId) -> Result<()> {
    tx.execute(
        "update luma.tour_slots set current_bookings = greatest(coalesce(current_bookings, 0) - 1, 0) where id = $1",
        &[&id],
    )
    .await?;
    Ok(())
}
