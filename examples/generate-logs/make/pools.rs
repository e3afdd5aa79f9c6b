//! Invented buckets, accounts, addresses and programs. Account ids and address ranges are those set aside for examples.

#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    pub name: &'static str,
    pub region: &'static str,
    pub owner: &'static str,
    pub account: &'static str,
    pub partition: &'static str,
}

pub const BUCKETS: [Bucket; 6] = [
    Bucket {
        name: "example-data-lake",
        region: "us-east-1",
        owner: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
        account: "111122223333",
        partition: "aws",
    },
    Bucket {
        name: "media.example.com",
        region: "eu-west-1",
        owner: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
        account: "111122223333",
        partition: "aws",
    },
    Bucket {
        name: "amzn-s3-demo-backups",
        region: "eu-central-1",
        owner: "f1e2d3c4b5a6978877665544332211000112233445566778899aabbccddeeff0",
        account: "444455556666",
        partition: "aws",
    },
    Bucket {
        name: "amzn-s3-demo-website",
        region: "us-west-2",
        owner: "f1e2d3c4b5a6978877665544332211000112233445566778899aabbccddeeff0",
        account: "444455556666",
        partition: "aws",
    },
    Bucket {
        name: "amzn-s3-demo-cn",
        region: "cn-north-1",
        owner: "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
        account: "777788889999",
        partition: "aws-cn",
    },
    Bucket {
        name: "Legacy_Uploads",
        region: "us-east-1",
        owner: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
        account: "111122223333",
        partition: "aws",
    },
];

pub const ACCOUNTS: [&str; 5] =
    ["111122223333", "444455556666", "777788889999", "123456789012", "999900001111"];

pub const TEAMS: [&str; 8] =
    ["ingest", "analytics", "ci/deploy", "mobile", "archive", "ml/training", "web", "billing"];

pub const ROLES: [&str; 8] = [
    "EtlRunner",
    "AWSReservedSSO_DataEngineer_0123456789abcdef",
    "eks-node-group",
    "LambdaThumbnails",
    "GlueCrawler",
    "BackupOperator",
    "github-actions",
    "EMR_EC2_DefaultRole",
];

pub const SERVICES: [&str; 6] = [
    "svc:cloudtrail.amazonaws.com",
    "svc:delivery.logs.amazonaws.com",
    "svc:config.amazonaws.com",
    "svc:s3.amazonaws.com",
    "svc:cloudfront.amazonaws.com",
    "svc:replication.s3.amazonaws.com",
];

pub const ORIGIN_ACCESS: [&str; 3] = [
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1234",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE5678",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E3EXAMPLE9ABC",
];

pub const PROGRAMS: [&str; 17] = [
    "aws-cli/2.27.49 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-1031-aws md/arch#x86_64 lang/python#3.13.4 md/pyimpl#CPython m/Z,b,E cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#s3.cp",
    "aws-cli/2.15.30 Python/3.11.8 Darwin/23.4.0 exe/arm64 prompt/off command/s3.sync",
    "aws-cli/1.32.101 md/Botocore#1.34.101 ua/2.0 os/linux#5.15.0-105-generic md/arch#x86_64 lang/python#3.10.12 md/pyimpl#CPython cfg/retry-mode#legacy botocore/1.34.101",
    "Boto3/1.38.23 md/Botocore#1.38.23 md/awscrt#0.23.8 ua/2.1 os/linux#5.10.236-228.935.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.10 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 m/Z,D,b cfg/retry-mode#legacy Botocore/1.38.23 Resource",
    "Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#6.1.55 md/arch#aarch64 lang/python#3.11.5 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.31.57",
    "aws-sdk-java/2.31.45 md/io#async md/http#NettyNio ua/2.1 os/Linux#5.10.230-223.885.amzn2.x86_64 lang/java#17.0.15 md/OpenJDK_64-Bit_Server_VM#17.0.15+6-LTS md/vendor#Amazon.com_Inc. md/en_US exec-env/AWS_ECS_FARGATE m/D,N",
    "Hadoop 3.4.1, aws-sdk-java/2.29.52 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.132 lang/java#11.0.26 md/OpenJDK_64-Bit_Server_VM#11.0.26+4-LTS md/scala hll/cross-region",
    "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.218-186.862.amzn2int.x86_64 OpenJDK_64-Bit_Server_VM/25.412-b09 java/1.8.0_412 vendor/Oracle_Corporation cfg/retry-mode/standard]",
    "S3Console/0.4, aws-internal/3",
    "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.3 md/GOOS#linux md/GOARCH#arm64 api/s3#1.79.4 m/E,e",
    "aws-sdk-js/3.817.0 ua/2.1 os/linux#5.10.236 lang/js md/nodejs#22.15.0 api/s3#3.817.0 m/N,E,e",
    "aws-sdk-rust/1.3.7 ua/2.1 api/s3/1.88.0 os/linux lang/rust/1.86.0 m/E,b",
    "aws-sdk-nodejs/2.1692.0 linux/v18.20.4 exec-env/AWS_Lambda_nodejs18.x promise",
    "APN/1.0 ExampleVendor/1.0 Terraform/1.12.1 terraform-provider-aws/5.98.0 aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.3",
    "rclone/v1.69.2",
    "S3A/3.3.6, aws-sdk-java/1.12.367 Linux/5.4.0-1103-aws OpenJDK_64-Bit_Server_VM/25.382-b05 java/1.8.0_382 scala/2.12.15 vendor/Private_Build",
    "s3fs/1.94 (commit hash unknown; OpenSSL)",
];

pub const BROWSERS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.com/about)",
    "curl/8.13.0",
    "-",
];

/// What the programs of the first years called themselves.
pub const OLD_PROGRAMS: [&str; 5] = [
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
    "JetS3t/0.5.0 (Linux/2.6.16-xenU; i386; en; JVM 1.5.0_09)",
    "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1) Gecko/20061010 Firefox/2.0",
    "S3 Fox Organizer/0.4.9",
    "curl/7.15.5",
];

pub const REFERERS: [&str; 5] = [
    "https://www.example.com/",
    "https://shop.example.com/catalog?page=3&sort=price",
    "https://s3.console.aws.amazon.com/",
    "https://docs.example.org/guide/getting-started.html",
    "http://forum.example.net/thread/1207",
];

pub const FOLDERS: [&str; 8] =
    ["images", "events", "backups/db", "assets/js", "reports", "video", "tables/orders", "tmp"];

pub const EXTENSIONS: [&str; 10] =
    [".jpg", ".parquet", ".json", ".gz", ".js", ".html", ".mp4", ".csv", ".tar.zst", ""];

/// Cipher suite and protocol, by year of the protocol.
pub const TLS: [(&str, &str); 4] = [
    ("TLS_AES_128_GCM_SHA256", "TLSv1.3"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2"),
    ("ECDHE-RSA-AES128-SHA", "TLSv1.1"),
    ("ECDHE-RSA-AES128-SHA", "TLSv1"),
];
