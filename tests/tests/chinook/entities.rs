//! The entities: the client's keys, the database's and the adapter's; masks, an ignored and a
//! skipped column. Forms read the data set's own names.

use audit_diesel::prelude::*;
use audit_diesel::sql_types::Id;
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::schema::{customers, employees, invoice_lines, invoices, tracks};

macro_rules! entity {
    ($(#[$meta:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)+ }) => {
        #[derive(Audited, Queryable, Selectable, Identifiable)]
        #[serde(rename_all = "PascalCase")]
        $(#[$meta])*
        pub struct $name {
            $($(#[$attr])* pub $field: $type,)+
            pub created_at: DateTime<Utc>,
            pub created_by: Actor,
            pub updated_at: DateTime<Utc>,
            pub updated_by: Actor,
            pub is_deleted: bool,
            pub deleted_at: Option<DateTime<Utc>>,
            pub deleted_by: Option<Actor>,
        }

        impl crate::model::Stored for $name {
            fn columns(&self) -> Vec<(&'static str, serde_json::Value)> {
                vec![$((stringify!($field), serde_json::to_value(&self.$field).unwrap()),)+]
            }
            fn stamps(&self) -> crate::model::Stamps {
                crate::model::Stamps {
                    created: (self.created_at, self.created_by.clone()),
                    updated: (self.updated_at, self.updated_by.clone()),
                    deleted: self.deleted_at.zip(self.deleted_by.clone()),
                    flag: self.is_deleted,
                }
            }
        }
    };
}

entity! {
    #[diesel(table_name = employees, primary_key(employee_id))]
    #[audit(new = NewEmployee, changes = EmployeeChanges)]
    Employee {
        #[audit(id = "client")]
        employee_id: i32,
        last_name: String,
        first_name: String,
        title: String,
        reports_to: Option<i32>,
        #[audit(skip)]
        birth_date: String,
        city: String,
        #[audit(mask = "last4")]
        phone: String,
        #[audit(ignore)]
        fax: String,
        email: String,
    }
}

entity! {
    #[diesel(table_name = customers, primary_key(customer_id))]
    #[audit(new = NewCustomer, changes = CustomerChanges)]
    Customer {
        #[audit(id = "client")]
        customer_id: i32,
        first_name: String,
        last_name: String,
        company: String,
        address: String,
        city: String,
        country: String,
        #[audit(mask = "last4")]
        phone: String,
        #[audit(mask = "redact")]
        fax: String,
        #[audit(mask = "email")]
        email: String,
        support_rep_id: i32,
    }
}

entity! {
    #[diesel(table_name = tracks, primary_key(track_id))]
    #[audit(new = NewTrack)]
    Track {
        #[audit(id = "client")]
        track_id: i32,
        name: String,
        album_id: i32,
        composer: String,
        milliseconds: i32,
        bytes: i64,
        unit_price: BigDecimal,
    }
}

entity! {
    #[diesel(table_name = invoices, primary_key(invoice_id))]
    #[audit(new = NewInvoice, changes = InvoiceChanges)]
    Invoice {
        invoice_id: i64,
        customer_id: i32,
        invoice_date: NaiveDateTime,
        billing_city: String,
        billing_state: String,
        total: BigDecimal,
    }
}

entity! {
    #[diesel(table_name = invoice_lines, primary_key(invoice_line_id))]
    #[audit(new = NewLine)]
    Line {
        #[audit(id = "uuid_v7")]
        invoice_line_id: Id,
        invoice_id: i64,
        track_id: i32,
        unit_price: BigDecimal,
        quantity: i32,
    }
}
