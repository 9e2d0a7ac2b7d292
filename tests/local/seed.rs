//! One demo property: who works there and what is known about it.

use uuid::{Uuid, uuid};

use crate::{Result, postgres};

pub const PROPERTY: Uuid = uuid!("0a0a0a0a-0000-4000-8000-000000000001");
pub const ADMIN_EMAIL: &str = "admin@oakcourt.example";

const ORGANIZATION: Uuid = uuid!("0a0a0a0a-0000-4000-8000-000000000002");
const ADMIN: Uuid = uuid!("0a0a0a0a-0000-4000-8000-000000000003");

/// What the property publishes about itself.
const DOCUMENTS: [(&str, &str); 3] = [
    (
        "Floor plans",
        "Oak Court has two-bedroom apartments (2 bed, 2 bath, 1,050 sq ft) from $2,150 a month and \
         one-bedroom apartments (720 sq ft) from $1,600 a month. Two two-bedrooms are free from \
         15 January.",
    ),
    (
        "Pets",
        "Oak Court welcomes cats and dogs, at most two per apartment. The pet deposit is $300 and \
         pet rent is $35 a month. There is a fenced dog park.",
    ),
    (
        "Tours",
        "The leasing office gives tours Monday to Saturday from 9:00 to 17:00. Parking for \
         visitors is beside the office at 12 Oak Street.",
    ),
];

/// Plants the property into a migrated database of our own. May be repeated.
pub async fn plant(database_url: &str) -> Result<()> {
    let mut db = postgres::connect(database_url).await?;
    let tx = db.transaction().await?;
    tx.execute(
        "insert into auth.users (id, email, email_confirmed_at) values ($1, $2, now())
         on conflict do nothing",
        &[&ADMIN, &ADMIN_EMAIL],
    )
    .await?;
    tx.execute(
        "insert into organizations (id, name) values ($1, 'Oak Homes') on conflict do nothing",
        &[&ORGANIZATION],
    )
    .await?;
    tx.execute(
        "insert into properties (id, org_id, name, settings)
         values ($1, $2, 'Oak Court', '{\"timezone\": \"America/Chicago\"}') on conflict do nothing",
        &[&PROPERTY, &ORGANIZATION],
    )
    .await?;
    // The host makes a profile for each new user, so there may be one already.
    tx.execute(
        "insert into profiles (id, org_id, role, full_name) values ($1, $2, 'admin', 'Oak Admin')
         on conflict (id) do update set org_id = excluded.org_id, role = excluded.role",
        &[&ADMIN, &ORGANIZATION],
    )
    .await?;
    for (title, content) in DOCUMENTS {
        tx.execute(
            "insert into documents (property_id, content, metadata)
             select $1, $2, jsonb_build_object('title', $3::text)
             where not exists (select from documents where property_id = $1 and content = $2)",
            &[&PROPERTY, &content, &title],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
