//! Who works together and where: what the dashboard's pages are about.

use uuid::Uuid;

use super::App;
use super::access::{self, Right, User};
use crate::domain::ids::{ProfileId, PropertyId};
use crate::error::{Error, Result};
use crate::store::people;
use crate::store::properties;
pub use crate::store::properties::Property;

/// A user's surroundings.
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// The properties of their organization, by name.
    pub properties: Vec<(PropertyId, String)>,
    /// Everybody active there, themselves included, by name; a name may be empty.
    pub colleagues: Vec<(ProfileId, String)>,
}

impl Team {
    pub fn name_of(&self, id: ProfileId) -> Option<&str> {
        let named = self
            .colleagues
            .iter()
            .find(|(colleague, _)| *colleague == id);
        named
            .map(|(_, name)| name.as_str())
            .filter(|name| !name.is_empty())
    }

    pub fn has(&self, property: PropertyId) -> bool {
        self.properties.iter().any(|(id, _)| *id == property)
    }
}

/// The organization around a user; nothing for one who works for nobody.
pub async fn around(app: &App, user: &User) -> Result<Team> {
    let Some(org) = user.org else {
        return Ok(Team::default());
    };
    let tx = app.everywhere().await?;
    let (properties, colleagues) = of(&tx, org).await?;
    tx.commit().await?;
    Ok(Team {
        properties,
        colleagues,
    })
}

type Of = (Vec<(PropertyId, String)>, Vec<(ProfileId, String)>);

async fn of(tx: &crate::store::Tx, org: Uuid) -> crate::store::Result<Of> {
    // Sent together: one round trip.
    tokio::try_join!(people::properties_of(tx, org), people::of_org(tx, org))
}

/// One property, with its zone.
pub async fn property(app: &App, user: &User, id: PropertyId) -> Result<Property> {
    let tx = app.of(id).await?;
    access::require(&tx, user, id, Right::See).await?;
    let property = properties::find(&tx, id).await?;
    tx.commit().await?;
    property.ok_or(Error::NotFound("Property"))
}
