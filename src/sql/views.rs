//! The same records under the names that people's queries have.

use std::sync::Arc;

use datafusion::catalog::{MemorySchemaProvider, view::ViewTable};
use datafusion::common::TableReference;
use datafusion::error::Result;
use datafusion::execution::context::SessionContext;

/// The table of Tailpipe. Columns: https://hub.tailpipe.io/plugins/turbot/aws/tables/aws_s3_server_access_log, and of all its tables,
/// https://tailpipe.io/docs/reference/schema. What Tailpipe knows of an import, and a reading does not, is constant or null.
const TAILPIPE: &str = "
select bucket_owner, bucket, timestamp, remote_ip, requester, request_id, operation, key, request_uri, http_status, error_code,
    bytes_sent, object_size, total_time, turn_around_time, referer, user_agent, version_id, host_id, signature_version,
    cipher_suite, authentication_type, host_header, tls_version, access_point_arn, acl_required, source_region,
    case when requester like 'arn:%' then make_array(requester) end as tp_akas,
    cast(timestamp as date) as tp_date,
    cast(null as varchar) as tp_destination_ip,
    case when false then make_array('') end as tp_domains,
    case when false then make_array('') end as tp_emails,
    source_file || ':' || cast(line_number as varchar) as tp_id,
    'default' as tp_index,
    now() as tp_ingest_timestamp,
    case when remote_ip is not null then make_array(remote_ip) end as tp_ips,
    'logs' as tp_partition,
    remote_ip as tp_source_ip,
    source_file as tp_source_location,
    cast(null as varchar) as tp_source_name,
    's3al' as tp_source_type,
    'aws_s3_server_access_log' as tp_table,
    case when false then make_array('') end as tp_tags,
    timestamp as tp_timestamp,
    case when requester is null then make_array(bucket_owner) else make_array(requester, bucket_owner) end as tp_usernames
from logs";

/// The table of both statements that AWS has for Athena: the one of today, and the older one with the URI in three parts
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html). Its expression keeps the
/// quotes of the three quoted fields; a dash is null here.
const ATHENA: &str = r#"
select bucket_owner as bucketowner, bucket as bucket_name, bucket, log_time(timestamp) as requestdatetime, remote_ip as remoteip,
    requester, request_id as requestid, operation, key, '"' || request_uri || '"' as request_uri,
    split_part(request_uri, ' ', 1) as requesturi_operation,
    nullif(split_part(request_uri, ' ', 2), '') as requesturi_key,
    nullif(split_part(request_uri, ' ', 3), '') as requesturi_httpprotoversion,
    cast(http_status as varchar) as httpstatus, error_code as errorcode, bytes_sent as bytessent, object_size as objectsize,
    cast(total_time as varchar) as totaltime, cast(turn_around_time as varchar) as turnaroundtime,
    '"' || referer || '"' as referrer, '"' || user_agent || '"' as useragent, version_id as versionid, host_id as hostid,
    signature_version as sigv, cipher_suite as ciphersuite, authentication_type as authtype, host_header as endpoint,
    tls_version as tlsversion, access_point_arn as accesspointarn, case when acl_required then 'Yes' end as aclrequired,
    source_region as sourceregion, strftime(timestamp, '%Y/%m/%d') as timestamp
from logs"#;

/// The database of AWS's examples; the older ones of them read from it as from a table.
const ATHENA_DATABASE: &str = "s3_access_logs_db";

/// The names of the tables, as they can be queried.
pub(super) const NAMES: [&str; 5] =
    ["logs", "aws_s3_server_access_log", "s3_access_logs_db.mybucket_logs", "mybucket_logs", ATHENA_DATABASE];

/// Makes the tables.
///
/// # Errors
/// If the engine does not take them.
pub(super) async fn register(context: &SessionContext) -> Result<()> {
    let tailpipe = view(context, TAILPIPE).await?;
    context.register_table("aws_s3_server_access_log", tailpipe)?;
    let athena = view(context, ATHENA).await?;
    context.register_table(ATHENA_DATABASE, Arc::clone(&athena) as _)?;
    if let Some(catalog) = context.catalog(&context.state().config_options().catalog.default_catalog) {
        catalog.register_schema(ATHENA_DATABASE, Arc::new(MemorySchemaProvider::new()))?;
    }
    // Where Athena's editor has a database chosen, its name is left out.
    context.register_table("mybucket_logs", Arc::clone(&athena) as _)?;
    context.register_table(TableReference::partial(ATHENA_DATABASE, "mybucket_logs"), athena)?;
    Ok(())
}

async fn view(context: &SessionContext, sql: &str) -> Result<Arc<ViewTable>> {
    let plan = context.state().create_logical_plan(sql).await?;
    Ok(Arc::new(ViewTable::new(plan, Some(sql.to_owned()))))
}
