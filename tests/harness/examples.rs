//! The examples of the help: commands as people paste them.

use super::program::s3al;

/// What lies below a heading of `s3al --help`: the names of the commands.
pub fn commands() -> Vec<String> {
    let help = s3al("--help").done();
    let lines =
        help.text().lines().skip_while(|line| *line != "Get logs:").take_while(|line| *line != "Options:");
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// The names of the topics of `s3al help`.
pub fn topics() -> Vec<String> {
    let help = s3al("--help").done();
    let (_, topics) = help.text().split_once("s3al help TOPIC: ").expect("the topics");
    topics.trim().split(", ").map(str::to_owned).collect()
}

/// Every example in the help of commands and in the topics.
pub fn examples() -> Vec<String> {
    let help =
        commands().into_iter().map(|command| s3al(&format!("{command} --help")).done().text().to_owned());
    let topics = topics().into_iter().map(|topic| s3al(&format!("help {topic}")).done().text().to_owned());
    let mut examples = Vec::new();
    for text in help.chain(topics) {
        let lines = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let is_example = |line: &&str| {
            let first = line.split_whitespace().next().unwrap_or_default();
            ["s3al", "cat", "zcat", "echo"].contains(&first)
        };
        examples.extend(lines.map(str::trim).filter(is_example).map(str::to_owned));
    }
    examples.sort_unstable();
    examples.dedup();
    assert!(examples.len() > 50, "{examples:#?}");
    examples
}
