// Whose records a context reaches.

use audit_diesel::prelude::*;
use audit_diesel::{AuditedScope, ContextError};
use diesel::prelude::*;

use super::backend::entities::*;
use super::backend::look;
use super::backend::schema::accounts;
use super::backend::{Conn, Database};

fn open() -> (Database, Conn) {
    let database = Database::new();
    let conn = database.connect();
    (database, conn)
}

fn not_found<T>(result: Result<T, AuditError>, what: &str) {
    match result {
        Err(AuditError::NotFound { .. }) => {}
        Err(error) => panic!("{what}: {error}"),
        Ok(_) => panic!("{what}: reached another tenant's record"),
    }
}

/// Every helper on `id`, none of which may find it.
fn all_helpers_miss(conn: &mut Conn, ctx: &AuditContext, id: i64) {
    let what = format!("{:?}", ctx.tenant_ref());
    let form = || AccountChanges {
        name: Some("stolen".into()),
        ..Default::default()
    };
    let called = |_: &mut Account| panic!("the closure was called");
    not_found(Account::audited_update(conn, ctx, id, form()), &what);
    not_found(
        Account::audited_update(conn, ctx, id, AccountChanges::default()),
        &what,
    );
    not_found(Account::audited_edit(conn, ctx, id, called), &what);
    let refused: Result<Account, AuditError> =
        Account::audited_try_edit(conn, ctx, id, |_| panic!());
    not_found(refused, &what);
    not_found(Account::audited_soft_delete(conn, ctx, id), &what);
    not_found(Account::audited_restore(conn, ctx, id), &what);
    not_found(Account::audited_delete(conn, ctx, id), &what);
    not_found(Account::audited_update_many(conn, ctx, [id], form()), &what);
    not_found(Account::audited_edit_many(conn, ctx, [id], called), &what);
    not_found(Account::audited_soft_delete_many(conn, ctx, [id]), &what);
    not_found(Account::audited_restore_many(conn, ctx, [id]), &what);
    not_found(Account::audited_delete_many(conn, ctx, [id]), &what);
    let mine = || accounts::id.eq(id);
    assert_eq!(
        Account::audited_update_where(conn, ctx, mine(), form())
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Account::audited_edit_where(conn, ctx, mine(), called)
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Account::audited_soft_delete_where(conn, ctx, mine())
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Account::audited_restore_where(conn, ctx, mine())
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Account::audited_delete_where(conn, ctx, mine())
            .unwrap()
            .len(),
        0
    );
    // A filter that tries to widen the condition stays inside it.
    let wide = || accounts::id.eq(id).or(accounts::id.gt(0));
    assert_eq!(
        Account::audited_delete_where(conn, ctx, wide())
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        Account::live(ctx)
            .unwrap()
            .load::<Account>(conn)
            .unwrap()
            .len(),
        0,
        "{what}"
    );
    assert_eq!(
        Account::with_deleted(ctx)
            .unwrap()
            .or_filter(accounts::id.eq(-1))
            .load::<Account>(conn)
            .unwrap()
            .len(),
        0,
        "{what}"
    );
    assert_eq!(
        Account::only_deleted(ctx)
            .unwrap()
            .load::<Account>(conn)
            .unwrap()
            .len(),
        0
    );
    assert_eq!(Account::history(conn, ctx, id).unwrap().len(), 0, "{what}");
}

#[test]
fn another_tenants_record_is_not_there() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    // Composed in the one, decomposed in the others.
    let owner = "Acmé";
    let ours = ctx().tenant(owner);
    let account = Account::audited_insert(conn, &ours, new_account("Ada")).unwrap();
    let deleted = Account::audited_insert(conn, &ours, new_account("Eve")).unwrap();
    Account::audited_soft_delete(conn, &ours, deleted.id).unwrap();
    let rows = look::log_len(conn);
    let kin = [
        "acmé",
        "ACMÉ",
        "Acme",
        "Acme\u{301}",
        "Acmé ",
        " Acmé",
        "Acmé\u{200b}",
        "Acm",
        "Acmé%",
        "_cmé",
        "%",
        "Ａｃｍé",
        "other",
    ];
    for tenant in kin {
        let ctx = ctx().tenant(tenant);
        all_helpers_miss(conn, &ctx, account.id);
        all_helpers_miss(conn, &ctx, deleted.id);
    }
    assert_eq!(look::log_len(conn), rows);
    let stored: Account = accounts::table
        .find(account.id)
        .select(Account::as_select())
        .first(conn)
        .unwrap();
    assert!(stored == account);

    // The same the other way round: each kin's own record is its own alone.
    for tenant in kin {
        Account::audited_insert(conn, &ctx().tenant(tenant), new_account("Kin")).unwrap();
    }
    for tenant in kin {
        let found: Vec<Account> = Account::live(&ctx().tenant(tenant))
            .unwrap()
            .load(conn)
            .unwrap();
        assert_eq!(found.len(), 1, "{tenant:?}");
        assert_eq!(found[0].company_id, tenant);
        assert_eq!(
            Account::history(conn, &ctx().tenant(tenant), found[0].id)
                .unwrap()
                .len(),
            1
        );
    }
    let live: Vec<Account> = Account::live(&ours).unwrap().load(conn).unwrap();
    assert_eq!(live.len(), 1);
    assert_eq!(
        Account::with_deleted(&ours)
            .unwrap()
            .load::<Account>(conn)
            .unwrap()
            .len(),
        2
    );
    let gone: Vec<Account> = Account::only_deleted(&ours).unwrap().load(conn).unwrap();
    assert_eq!((gone.len(), gone[0].id), (1, deleted.id));
}

fn refused<T>(result: Result<T, AuditError>, expected: ContextError) {
    match result {
        Err(AuditError::Context {
            source,
            entity: "accounts",
        }) => assert_eq!(source, expected),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("taken"),
    }
}

#[test]
fn a_tenant_is_asked_for_before_any_sql() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let account = Account::audited_insert(conn, &ctx(), new_account("Ada")).unwrap();
    let sent = look::watch(conn);
    let none = AuditContext::new(Actor::user(1));
    let expected = ContextError::TenantMissing;
    let form = || AccountChanges {
        name: Some("x".into()),
        ..Default::default()
    };
    refused(
        Account::audited_insert(conn, &none, new_account("x")),
        expected,
    );
    refused(
        Account::audited_insert_many(conn, &none, [new_account("x")]),
        expected,
    );
    refused(
        Account::audited_update(conn, &none, account.id, form()),
        expected,
    );
    refused(
        Account::audited_edit(conn, &none, account.id, |_| {}),
        expected,
    );
    refused(
        Account::audited_soft_delete(conn, &none, account.id),
        expected,
    );
    refused(Account::audited_restore(conn, &none, account.id), expected);
    refused(Account::audited_delete(conn, &none, account.id), expected);
    refused(
        Account::audited_update_many(conn, &none, [account.id], form()),
        expected,
    );
    refused(
        Account::audited_delete_where(conn, &none, accounts::id.gt(0)),
        expected,
    );
    refused(Account::history(conn, &none, account.id), expected);
    refused(
        Account::live::<super::backend::Backend>(&none).map(|_| ()),
        expected,
    );
    let all = none.clone().all_tenants();
    refused(
        Account::audited_insert(conn, &all, new_account("x")),
        ContextError::TenantForAll,
    );
    refused(
        Account::audited_insert_many(conn, &all, [new_account("x")]),
        ContextError::TenantForAll,
    );

    // A numeric tenant column takes its one spelling.
    for text in ["seven", "07", "+7", " 7", "7 ", "2147483648", ""] {
        let ticket = NewTicket {
            r#type: "bug".into(),
            priority: None,
            access_token: Default::default(),
        };
        let error = Ticket::audited_insert(conn, &none.clone().tenant(text), ticket).unwrap_err();
        let fits = matches!(
            (&error, text),
            (AuditError::Context { .. }, "")
                | (
                    AuditError::Misfit {
                        column: "tenant_id",
                        ..
                    },
                    _
                )
        );
        assert!(fits, "{text:?}: {error}");
    }
    assert_eq!(sent.take(), [""; 0]);
}

#[test]
fn all_tenants_may_change_and_leave_the_records_own_in_the_trail() {
    let (_database, mut conn) = open();
    let conn = &mut conn;
    let a = Account::audited_insert(conn, &ctx().tenant("a"), new_account("Ada")).unwrap();
    let b = Account::audited_insert(conn, &ctx().tenant("b"), new_account("Bob")).unwrap();
    let all = AuditContext::new(Actor::job("cleanup")).all_tenants();
    let seen = look::log_len(conn);
    let form = || AccountChanges {
        email: Some(Some("x@y.z".into())),
        ..Default::default()
    };
    Account::audited_update(conn, &all, a.id, form()).unwrap();
    Account::audited_edit(conn, &all, b.id, |r| r.name = "Bobby".into()).unwrap();
    Account::audited_soft_delete(conn, &all, a.id).unwrap();
    Account::audited_restore(conn, &all, a.id).unwrap();
    let both = Account::audited_update_where(
        conn,
        &all,
        accounts::id.gt(0),
        AccountChanges {
            name: Some("Same".into()),
            ..Default::default()
        },
    );
    assert_eq!(both.unwrap().len(), 2);
    assert_eq!(
        Account::live(&all)
            .unwrap()
            .load::<Account>(conn)
            .unwrap()
            .len(),
        2
    );
    assert_eq!(Account::history(conn, &all, b.id).unwrap().len(), 3);
    Account::audited_delete_many(conn, &all, [b.id, a.id]).unwrap();

    let rows: Vec<_> = look::log(conn).split_off(seen as usize);
    assert_eq!(rows.len(), 8);
    for row in rows {
        let owner = if row.record_id == Some(a.id.to_string()) {
            "a"
        } else {
            "b"
        };
        assert_eq!(row.tenant_id.as_deref(), Some(owner));
        assert_eq!(
            (row.actor_kind.as_str(), row.actor_id.as_deref()),
            ("job", Some("cleanup"))
        );
    }
    // An entity without a tenant takes any context, and stores none.
    let form = NewCountry {
        code: "DE".into(),
        name: "Germany".into(),
    };
    Country::audited_insert(conn, &ctx().tenant("a"), form).unwrap();
    Country::audited_update(
        conn,
        &all,
        "DE".to_owned(),
        CountryChanges {
            name: Some("D".into()),
        },
    )
    .unwrap();
    assert_eq!(look::log(conn).pop().unwrap().tenant_id, None);
    assert_eq!(
        Country::history(conn, &ctx().tenant("b"), "DE".to_owned())
            .unwrap()
            .len(),
        2
    );
}
