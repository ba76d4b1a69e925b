//! MySQL and MariaDB. Their `table!` has the crate's own time type: Diesel reads no `DateTime<Utc>`
//! there.

#[path = "app.rs"]
mod app;

use diesel::prelude::*;

use crate::report::Report;
use crate::requests::RequestFile;

type Conn = MysqlConnection;

mod schema {
    diesel::table! {
        use audit_diesel::sql_types::UtcTime;
        use diesel::sql_types::*;

        #[sql_name = "quickstart_accounts"]
        accounts (id) {
            id -> BigInt,
            company_id -> Text,
            name -> Text,
            email -> Nullable<Text>,
            tax_number -> Nullable<Text>,
            card_number -> Nullable<Text>,
            phone -> Nullable<Text>,
            preferences -> Nullable<Json>,
            password_hash -> Text,
            search_text -> Nullable<Text>,
            created_at -> UtcTime,
            created_by -> Text,
            updated_at -> UtcTime,
            updated_by -> Text,
            is_deleted -> Bool,
            deleted_at -> Nullable<UtcTime>,
            deleted_by -> Nullable<Text>,
        }
    }
    diesel::table! {
        use audit_diesel::sql_types::UtcTime;
        use diesel::sql_types::*;

        #[sql_name = "quickstart_orders"]
        orders (id) {
            id -> BigInt,
            company_id -> Text,
            item -> Text,
            quantity -> Integer,
            price_cents -> BigInt,
            version -> Integer,
            created_at -> UtcTime,
            created_by -> Text,
            updated_at -> UtcTime,
            updated_by -> Text,
        }
    }
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS quickstart_accounts (
        id bigint AUTO_INCREMENT PRIMARY KEY,
        company_id varchar(191) NOT NULL,
        name text NOT NULL,
        email text,
        tax_number text,
        card_number text,
        phone text,
        preferences json,
        password_hash text NOT NULL,
        search_text text,
        created_at datetime(6) NOT NULL,
        created_by text NOT NULL,
        updated_at datetime(6) NOT NULL,
        updated_by text NOT NULL,
        is_deleted boolean NOT NULL,
        deleted_at datetime(6),
        deleted_by text
    );
    CREATE TABLE IF NOT EXISTS quickstart_orders (
        id bigint AUTO_INCREMENT PRIMARY KEY,
        company_id varchar(191) NOT NULL,
        item text NOT NULL,
        quantity integer NOT NULL,
        price_cents bigint NOT NULL,
        version integer NOT NULL,
        created_at datetime(6) NOT NULL,
        created_by text NOT NULL,
        updated_at datetime(6) NOT NULL,
        updated_by text NOT NULL
    );
";

/// Works in the database at `url`.
pub(crate) fn run(url: &str, file: &RequestFile, report: &mut Report) -> Result<bool, String> {
    let mut conn = Conn::establish(url)
        .map_err(|error| format!("the MySQL/MariaDB database cannot be reached: {error}"))?;
    app::run(&mut conn, "MySQL/MariaDB", file, report)
}
