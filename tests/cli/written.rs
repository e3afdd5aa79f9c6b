//! Files that the program writes: whole or not at all, and never read by the run that writes them.

use std::fs;
use std::process::Stdio;

use crate::harness::*;

#[test]
fn a_file_holds_what_standard_output_would() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("answer");
    for words in ["top", "export", "export --format json", "summary --format markdown", "failed --format raw"]
    {
        let ran = s3al(&format!("{words} {EVEN} -o {}", file.display())).done();
        assert_eq!(ran.stdout, b"");
        assert_eq!(fs::read(&file).expect("the file"), s3al(&format!("{words} {EVEN}")).stdout, "{words}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn a_failed_run_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("answer");
    fs::write(&file, "before").expect("a file");
    for words in ["top", "export", "export --format json"] {
        s3al(&format!("{words} nowhere -o {}", file.display())).ended(2);
        assert_eq!(fs::read(&file).expect("the file"), b"before", "{words}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn a_file_can_be_replaced_by_what_is_left_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log");
    fs::write(&file, even()).expect("a file");
    s3al(&format!("export {0} --format raw --status 503 -o {0}", file.display())).done();
    assert_eq!(fs::read_to_string(&file).expect("the file").lines().count(), 7);
}

#[test]
fn an_answer_inside_of_the_folder_that_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("log"), even()).expect("a file");
    let name = folder.path().to_str().expect("UTF-8");
    let out = folder.path().join("out.ndjson");
    let lines = || fs::read_to_string(&out).expect("the answer").lines().count();
    run(&["export", name, "-o", out.to_str().expect("UTF-8")]).done().says("1 file, 309 records");
    assert_eq!(lines(), 309);
    // The second time, the answer of the first one lies there.
    let again = run(&["export", name, "-o", out.to_str().expect("UTF-8")]).ended(3);
    again.says("out.ndjson: it was not read, because this run writes it");
    assert_eq!(lines(), 309);

    #[cfg(unix)]
    {
        fs::remove_file(&out).expect("removed");
        let mut command = command();
        command.args(["export", name]).stdin(Stdio::null()).stdout(fs::File::create(&out).expect("a file"));
        assert_eq!(command.output().expect("it runs").status.code(), Some(3));
        assert_eq!(lines(), 309);
    }
}
