//! The directory as the texts need it: the authority, and the departments and agents others share with it.

use std::sync::Arc;

use guichet_core::id::AgentId;
use guichet_events::{Agent, Authority, Directory, Procedure};

use guichet_core::french::Dates;

/// An authority and the authorities it shares departments or agents with.
#[derive(Clone, Debug)]
pub struct Town {
    own: Arc<Directory>,
    others: Vec<Arc<Directory>>,
}

/// A department as printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DepartmentCard {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) phone: String,
    pub(super) email: String,
}

impl Town {
    /// Returns the town of an authority; `others` are looked into when its own directory has no answer.
    pub const fn new(own: Arc<Directory>, others: Vec<Arc<Directory>>) -> Self {
        Self { own, others }
    }

    /// Returns the authority.
    pub fn authority(&self) -> &Authority {
        &self.own.authority
    }

    /// Returns whether an address is one of the desk's own: nothing is ever sent there, or two machines would talk.
    pub fn is_own_mailbox(&self, address: &str) -> bool {
        let directories = std::iter::once(&self.own).chain(&self.others);
        let mut mailboxes = directories.flat_map(|directory| {
            std::iter::once(&directory.authority.email)
                .chain(&directory.authority.mailboxes)
                .chain(directory.departments.values().map(|department| &department.email))
        });
        mailboxes.any(|mailbox| !mailbox.is_empty() && mailbox.eq_ignore_ascii_case(address))
    }

    pub(super) fn dates(&self) -> Dates {
        Dates::of_zone(&self.own.authority.time_zone)
    }

    pub(super) fn procedure(&self, code: &str) -> Option<&Procedure> {
        self.own.procedures.get(code)
    }

    /// What the directory leaves out is the desk's own: a receipt always has an address and a telephone.
    pub(super) fn department(&self, code: &str) -> DepartmentCard {
        let authority = &self.own.authority;
        let sharing = self.own.pooling.iter().filter(|pooling| pooling.shared_departments.iter().any(|c| c == code));
        let shared = sharing.filter_map(|pooling| self.others.iter().find(|d| d.authority.code == pooling.with));
        let found = std::iter::once(&self.own)
            .chain(shared)
            .find_map(|directory| directory.departments.get(code).map(|department| (directory, department)));
        let Some((directory, department)) = found else {
            return DepartmentCard {
                name: authority.name.clone(),
                address: authority.postal_address.clone(),
                phone: authority.phone.clone(),
                email: authority.email.clone(),
            };
        };
        let site = directory.sites.get(&department.site).map(|site| site.postal_address.as_str());
        DepartmentCard {
            name: department.name.clone(),
            address: or(site.unwrap_or_default(), &directory.authority.postal_address),
            phone: or(&department.phone, &authority.phone),
            email: or(&department.email, &authority.email),
        }
    }

    pub(super) fn agent(&self, id: AgentId) -> Option<&Agent> {
        let directories = std::iter::once(&self.own).chain(&self.others);
        directories.flat_map(|directory| directory.agents.values()).find(|agent| agent.id == id)
    }
}

fn or(value: &str, default: &str) -> String {
    if value.trim().is_empty() { default.to_owned() } else { value.to_owned() }
}
