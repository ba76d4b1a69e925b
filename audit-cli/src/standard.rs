//! The stamping standard: which columns a table of audited records has, under which names, and what
//! older schemas call them.

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    CreatedAt,
    CreatedBy,
    UpdatedAt,
    UpdatedBy,
    IsDeleted,
    DeletedAt,
    DeletedBy,
    Tenant,
    Version,
}

/// What a column of a role holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Time,
    Actor,
    Flag,
    Tenant,
    Version,
}

impl Role {
    pub(crate) const ALL: [Self; 9] = [
        Self::CreatedAt,
        Self::CreatedBy,
        Self::UpdatedAt,
        Self::UpdatedBy,
        Self::IsDeleted,
        Self::DeletedAt,
        Self::DeletedBy,
        Self::Tenant,
        Self::Version,
    ];
    /// Every table has these.
    pub(crate) const MANDATORY: [Self; 4] = [
        Self::CreatedAt,
        Self::CreatedBy,
        Self::UpdatedAt,
        Self::UpdatedBy,
    ];
    /// A table with one of these has them all.
    pub(crate) const SOFT_DELETE: [Self; 3] = [Self::IsDeleted, Self::DeletedAt, Self::DeletedBy];

    /// The name that a new column of this role gets.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::CreatedBy => "created_by",
            Self::UpdatedAt => "updated_at",
            Self::UpdatedBy => "updated_by",
            Self::IsDeleted => "is_deleted",
            Self::DeletedAt => "deleted_at",
            Self::DeletedBy => "deleted_by",
            Self::Tenant => "tenant_id",
            Self::Version => "version",
        }
    }

    /// The name of this role's column where it holds the id of a user and nothing else.
    pub(crate) const fn id_name(self) -> &'static str {
        match self {
            Self::CreatedBy => "created_by_id",
            Self::UpdatedBy => "updated_by_id",
            Self::DeletedBy => "deleted_by_id",
            other => other.name(),
        }
    }

    pub(crate) const fn class(self) -> Class {
        match self {
            Self::CreatedAt | Self::UpdatedAt | Self::DeletedAt => Class::Time,
            Self::CreatedBy | Self::UpdatedBy | Self::DeletedBy => Class::Actor,
            Self::IsDeleted => Class::Flag,
            Self::Tenant => Class::Tenant,
            Self::Version => Class::Version,
        }
    }

    /// A record that is not deleted has none.
    pub(crate) const fn is_nullable(self) -> bool {
        matches!(self, Self::DeletedAt | Self::DeletedBy)
    }
}

/// The role of a column under one of the names from which the derive infers it. `version` is not
/// inferred there; here it is only looked for on request.
pub(crate) fn by_standard_name(name: &str) -> Option<Role> {
    Role::ALL
        .into_iter()
        .find(|role| *role != Role::Version && (role.name() == name || role.id_name() == name))
        .or_else(|| (name == "last_modified_by").then_some(Role::UpdatedBy))
}

/// What an older name says, and whether it says so only of a column of the fitting type.
type Old = (&'static str, Role, bool);

/// The names that other frameworks and older schemas give to stamps, in lower case and without
/// separators; of two that a table has, the earlier is the likelier.
const OLD: &[Old] = &[
    ("createdat", Role::CreatedAt, false),
    ("createdon", Role::CreatedAt, false),
    ("datecreated", Role::CreatedAt, false),
    ("createddate", Role::CreatedAt, false),
    ("createddatetime", Role::CreatedAt, false),
    ("createdtime", Role::CreatedAt, false),
    ("createtime", Role::CreatedAt, false),
    ("createdate", Role::CreatedAt, false),
    ("creationdate", Role::CreatedAt, false),
    ("creationtime", Role::CreatedAt, false),
    ("insertedat", Role::CreatedAt, false),
    ("addedat", Role::CreatedAt, false),
    ("dateadded", Role::CreatedAt, false),
    ("created", Role::CreatedAt, true),
    ("createdby", Role::CreatedBy, false),
    ("createdbyid", Role::CreatedBy, false),
    ("createdbyuser", Role::CreatedBy, false),
    ("createdbyuserid", Role::CreatedBy, false),
    ("createduser", Role::CreatedBy, false),
    ("createduserid", Role::CreatedBy, false),
    ("createuser", Role::CreatedBy, false),
    ("creatorid", Role::CreatedBy, false),
    ("creator", Role::CreatedBy, true),
    ("insertedby", Role::CreatedBy, false),
    ("addedby", Role::CreatedBy, false),
    ("updatedat", Role::UpdatedAt, false),
    ("lastmodifiedat", Role::UpdatedAt, false),
    ("modifiedat", Role::UpdatedAt, false),
    ("lastupdatedat", Role::UpdatedAt, false),
    ("updatedon", Role::UpdatedAt, false),
    ("modifiedon", Role::UpdatedAt, false),
    ("lastmodifiedon", Role::UpdatedAt, false),
    ("dateupdated", Role::UpdatedAt, false),
    ("datemodified", Role::UpdatedAt, false),
    ("updateddate", Role::UpdatedAt, false),
    ("modifieddate", Role::UpdatedAt, false),
    ("lastmodifieddate", Role::UpdatedAt, false),
    ("modificationdate", Role::UpdatedAt, false),
    ("updatetime", Role::UpdatedAt, false),
    ("updatedtime", Role::UpdatedAt, false),
    ("lastupdate", Role::UpdatedAt, false),
    ("lastupdated", Role::UpdatedAt, true),
    ("lastmodified", Role::UpdatedAt, true),
    ("changedat", Role::UpdatedAt, false),
    ("changedon", Role::UpdatedAt, false),
    ("modified", Role::UpdatedAt, true),
    ("updated", Role::UpdatedAt, true),
    ("updatedby", Role::UpdatedBy, false),
    ("updatedbyid", Role::UpdatedBy, false),
    ("lastmodifiedby", Role::UpdatedBy, false),
    ("lastmodifiedbyid", Role::UpdatedBy, false),
    ("modifiedby", Role::UpdatedBy, false),
    ("modifiedbyid", Role::UpdatedBy, false),
    ("modifiedbyuser", Role::UpdatedBy, false),
    ("modifiedbyuserid", Role::UpdatedBy, false),
    ("updatedbyuser", Role::UpdatedBy, false),
    ("updatedbyuserid", Role::UpdatedBy, false),
    ("lastupdatedby", Role::UpdatedBy, false),
    ("updateuser", Role::UpdatedBy, false),
    ("updaterid", Role::UpdatedBy, false),
    ("modifierid", Role::UpdatedBy, false),
    ("modifier", Role::UpdatedBy, true),
    ("changedby", Role::UpdatedBy, false),
    ("editedby", Role::UpdatedBy, false),
    ("isdeleted", Role::IsDeleted, false),
    ("deletedflag", Role::IsDeleted, false),
    ("deleteflag", Role::IsDeleted, false),
    ("isremoved", Role::IsDeleted, false),
    ("softdeleted", Role::IsDeleted, true),
    ("deleted", Role::IsDeleted, true),
    ("removed", Role::IsDeleted, true),
    ("deletedat", Role::DeletedAt, false),
    ("deletedon", Role::DeletedAt, false),
    ("datedeleted", Role::DeletedAt, false),
    ("deleteddate", Role::DeletedAt, false),
    ("deletedtime", Role::DeletedAt, false),
    ("deletiondate", Role::DeletedAt, false),
    ("removedat", Role::DeletedAt, false),
    ("softdeletedat", Role::DeletedAt, false),
    ("deleted", Role::DeletedAt, true),
    ("removed", Role::DeletedAt, true),
    ("deletedby", Role::DeletedBy, false),
    ("deletedbyid", Role::DeletedBy, false),
    ("deletedbyuser", Role::DeletedBy, false),
    ("deletedbyuserid", Role::DeletedBy, false),
    ("deleterid", Role::DeletedBy, false),
    ("removedby", Role::DeletedBy, false),
    ("tenantid", Role::Tenant, false),
    ("tenant", Role::Tenant, true),
];

/// The role of a column under an older name and that name's place in the list, given whether a
/// column of its type could be of a class.
pub(crate) fn by_old_name(name: &str, fits: impl Fn(Class) -> bool) -> Option<(Role, usize)> {
    let folded: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    OLD.iter()
        .enumerate()
        .find(|(_, (old, role, typed))| *old == folded && (!typed || fits(role.class())))
        .map(|(place, (_, role, _))| (*role, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_in_any_spelling_lead_to_their_role() {
        let role = |name| by_old_name(name, |_| true).map(|(role, _)| role);
        for (name, expected) in [
            ("createdBy", Role::CreatedBy),
            ("created_by_user", Role::CreatedBy),
            ("creator_id", Role::CreatedBy),
            ("modified_by", Role::UpdatedBy),
            ("last_modified_by", Role::UpdatedBy),
            ("Date-Created", Role::CreatedAt),
            ("DELETEDAT", Role::DeletedAt),
            ("tenantId", Role::Tenant),
        ] {
            assert_eq!(role(name), Some(expected), "{name}");
        }
        for other in [
            "created_at2",
            "creation",
            "author",
            "company_id",
            "is_active",
            "",
        ] {
            assert_eq!(role(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_of_two_meanings_is_told_by_the_type() {
        let role = |class| by_old_name("deleted", |c: Class| c == class).map(|(role, _)| role);
        assert_eq!(role(Class::Flag), Some(Role::IsDeleted));
        assert_eq!(role(Class::Time), Some(Role::DeletedAt));
        assert_eq!(role(Class::Actor), None);
    }

    #[test]
    fn standard_names_are_those_of_the_derive() {
        for name in [
            "created_at",
            "created_by_id",
            "last_modified_by",
            "is_deleted",
            "tenant_id",
        ] {
            assert!(by_standard_name(name).is_some(), "{name}");
        }
        assert_eq!(by_standard_name("version"), None);
    }
}
