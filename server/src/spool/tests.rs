use std::{fs, path::Path};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn open(directory: &Path) -> (Spool, Reader) {
    Spool::open(directory, 64 << 20).unwrap()
}

fn append(spool: &Spool, record: &[u8]) -> Result<u64, AppendError> {
    spool.append(&mut Vec::new(), |frame| {
        frame.extend_from_slice(record);
        Ok(())
    })
}

/// All records that are there, and how many bytes were none.
fn take_all(reader: &mut Reader) -> (Vec<Vec<u8>>, u64) {
    let mut records = Vec::new();
    loop {
        let before = records.len();
        reader.take(7, 1 << 20, |record| records.push(record.to_vec())).unwrap();
        if records.len() == before {
            return (records, reader.damaged_bytes());
        }
    }
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| number_of(path).is_some());
    paths.sort();
    paths
}

#[test]
fn records_come_out_in_their_order_and_their_space_is_given_back() {
    let directory = TempDir::new().unwrap();
    let (spool, mut reader) = open(directory.path());
    for round in 0..3_u8 {
        for number in 0..100_u8 {
            append(&spool, &[round, number]).unwrap();
        }
        assert_eq!(take_all(&mut reader).0, (0..100).map(|number| vec![round, number]).collect::<Vec<_>>());
        assert!(spool.bytes() > 0, "what is not committed is kept");
        reader.commit();
        assert_eq!(spool.bytes(), 0);
        assert!(segments(directory.path()).iter().all(|path| fs::metadata(path).unwrap().len() == 0));
    }
}

#[test]
fn what_was_not_committed_comes_again_after_a_restart() {
    let directory = TempDir::new().unwrap();
    for start in 0..3 {
        let (spool, mut reader) = open(directory.path());
        assert_eq!(reader.count().unwrap(), start);
        append(&spool, &start.to_le_bytes()).unwrap();
        let expected: Vec<_> = (0..=start).map(|number| number.to_le_bytes().to_vec()).collect();
        assert_eq!(take_all(&mut reader), (expected, 0));
    }
    let (_spool, mut reader) = open(directory.path());
    take_all(&mut reader);
    reader.commit();
    assert_eq!(segments(directory.path()), Vec::<PathBuf>::new(), "committed segments are removed");
}

#[test]
fn many_segments_are_one_stream() {
    let directory = TempDir::new().unwrap();
    let (spool, mut reader) = open(directory.path());
    let record = |number: u32| [&number.to_le_bytes()[..], &vec![7; 1 << 20]].concat();
    for number in 0..40 {
        append(&spool, &record(number)).unwrap();
    }
    assert!(segments(directory.path()).len() > 2);
    let (records, damaged) = take_all(&mut reader);
    assert_eq!((records.len(), damaged), (40, 0));
    assert!(records.iter().zip(0..).all(|(bytes, number)| *bytes == record(number)));
    reader.commit();
    assert_eq!(spool.bytes(), 0);
    assert!(segments(directory.path()).len() <= 1);
}

/// The folder as a process leaves it that is killed at this moment.
fn killed(directory: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

#[test]
fn what_was_appended_survives_a_kill_at_any_moment_and_room_that_was_not_used_is_no_damage() {
    let directory = TempDir::new().unwrap();
    let (spool, mut reader) = open(directory.path());
    let record = |number: u32| [&number.to_le_bytes()[..], &vec![7; 50_000], &[0; 9]].concat();
    let mut committed = 0;
    // Several segments between two commits, and each of them used again and again.
    for number in 0..600_u32 {
        append(&spool, &record(number)).unwrap();
        if number % 67 == 66 {
            let before = number - 10;
            let mut taken = 0;
            while committed + taken < before {
                reader.take(1, usize::MAX, |found| assert_eq!(found, record(committed + taken))).unwrap();
                taken += 1;
            }
            reader.commit();
            committed = before;
        }
        if number % 50 == 49 {
            let copy = killed(directory.path());
            let (_spool, mut reader) = open(copy.path());
            let (found, damaged) = take_all(&mut reader);
            assert_eq!(damaged, 0);
            // Of a segment that is committed in part all comes again.
            let first = u32::from_le_bytes(found[0][..4].try_into().unwrap());
            assert!(first <= committed, "{first} of {committed}");
            assert_eq!(found, (first..=number).map(record).collect::<Vec<_>>());
        }
    }
    assert_eq!(take_all(&mut reader), ((committed..600).map(record).collect(), 0));
    reader.commit();
    assert_eq!(spool.bytes(), 0);
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.len() <= 2, "one segment and the lock: {left:?}");
    drop((spool, reader));
    assert!(segments(directory.path()).iter().all(|path| fs::metadata(path).unwrap().len() == 0));
}

#[test]
fn a_record_that_is_larger_than_a_segment_has_one_of_its_own_and_what_a_killed_process_reserved_takes_none_of_the_quota()
 {
    let directory = TempDir::new().unwrap();
    let quota = 5 << 20;
    let (spool, mut reader) = Spool::open(directory.path(), quota).unwrap();
    let sizes = [9, 3 << 20, 9, 9];
    for size in sizes {
        append(&spool, &vec![1; size]).unwrap();
    }
    let copy = killed(directory.path());
    let (again, mut found) = Spool::open(copy.path(), quota).unwrap();
    assert_eq!(again.bytes(), spool.bytes());
    for (spool, reader) in [(&spool, &mut reader), (&again, &mut found)] {
        assert_eq!(take_all(reader).0.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        append(spool, &[1; 9]).unwrap();
        reader.commit();
        assert_eq!(take_all(reader).0.len(), 1);
        reader.commit();
        assert_eq!(spool.bytes(), 0);
    }
}

#[test]
fn past_its_quota_it_takes_nothing_until_there_is_room() {
    let directory = TempDir::new().unwrap();
    let (spool, mut reader) = Spool::open(directory.path(), 1_000).unwrap();
    let mut kept = 0;
    while append(&spool, &[1; 88]).is_ok() {
        kept += 1;
    }
    assert_eq!(kept, 10);
    assert!(matches!(append(&spool, &[1; 88]), Err(AppendError::Full(1_000))));
    assert_eq!(take_all(&mut reader).0.len(), 10);
    reader.commit();
    append(&spool, &[1; 88]).unwrap();
}

#[test]
fn a_second_process_is_refused() {
    let directory = TempDir::new().unwrap();
    let _open = open(directory.path());
    assert!(matches!(Spool::open(directory.path(), 1), Err(OpenError::InUse { .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_the_record_that_met_it_and_no_other() {
    let directory = TempDir::new().unwrap();
    let (spool, mut reader) = open(directory.path());
    std::os::unix::fs::symlink("/dev/full", path_of(directory.path(), 0)).unwrap();
    assert!(matches!(append(&spool, b"lost"), Err(AppendError::Io(_))));
    // It goes on in the next segment, which is on a disk that has room.
    append(&spool, b"kept").unwrap();
    fs::remove_file(path_of(directory.path(), 0)).unwrap();
    assert_eq!(take_all(&mut reader), (vec![b"kept".to_vec()], 0));
}

/// What happens to a segment while nobody looks.
#[derive(Clone, Debug)]
enum Accident {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Overwrite(prop::sample::Index, Vec<u8>),
    Insert(prop::sample::Index, Vec<u8>),
}

fn accident() -> impl Strategy<Value = Accident> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        at().prop_map(Accident::Cut),
        (at(), 1..=u8::MAX).prop_map(|(at, bits)| Accident::Flip(at, bits)),
        (at(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Accident::Overwrite(at, bytes)),
        (at(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Accident::Insert(at, bytes)),
    ]
}

/// Does it to the bytes; gives which of them are touched, as positions before the accident.
fn happen(bytes: &mut Vec<u8>, accident: &Accident) -> std::ops::Range<usize> {
    let length = bytes.len();
    match accident {
        Accident::Cut(at) => {
            bytes.truncate(at.index(length));
            at.index(length)..length
        }
        Accident::Flip(at, bits) => {
            bytes[at.index(length)] ^= bits;
            at.index(length)..at.index(length) + 1
        }
        Accident::Overwrite(at, with) => {
            let range = at.index(length)..(at.index(length) + with.len()).min(length);
            bytes[range.clone()].copy_from_slice(&with[..range.len()]);
            range
        }
        Accident::Insert(at, new) => {
            bytes.splice(at.index(length)..at.index(length), new.iter().copied());
            // Between two bytes: a record is touched when both are its own.
            at.index(length)..at.index(length)
        }
    }
}

#[test]
fn files_that_only_look_like_segments_do_not_keep_it_from_opening() {
    let directory = TempDir::new().unwrap();
    let (spool, reader) = open(directory.path());
    append(&spool, b"before").unwrap();
    drop((spool, reader));
    let strangers = ["7.spool", "+5.spool", "x.spool", "18446744073709551615.spool", "9223372036854775807.spool"];
    for name in strangers {
        fs::write(directory.path().join(name), b"something else").unwrap();
    }
    fs::create_dir(path_of(directory.path(), 40)).unwrap();
    let (spool, mut reader) = open(directory.path());
    assert_eq!(reader.count().unwrap(), 1);
    append(&spool, b"after").unwrap();
    assert_eq!(take_all(&mut reader).0, [b"before".to_vec(), b"after".to_vec()]);
    reader.commit();
    assert!(strangers.iter().all(|name| directory.path().join(name).exists()));
}

#[test]
fn what_cannot_be_set_aside_is_not_said_to_be() {
    let directory = TempDir::new().unwrap();
    let (_spool, reader) = open(directory.path());
    let kept = directory.path().join("aside");
    reader.set_aside("aside", b"one").unwrap();
    fs::File::options().write(true).open(&kept).unwrap().set_len(MAX_SET_ASIDE - 2).unwrap();
    reader.set_aside("aside", b"three").unwrap_err();
    assert_eq!(fs::metadata(&kept).unwrap().len(), MAX_SET_ASIDE - 2, "nothing is half there");
}

proptest! {
    #[test]
    fn what_stands_before_and_after_damage_is_kept(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..30),
        accident in accident(),
    ) {
        let directory = TempDir::new().unwrap();
        let mut bounds = Vec::new();
        {
            let (spool, _reader) = open(directory.path());
            for record in &records {
                let start = spool.bytes();
                append(&spool, record).unwrap();
                bounds.push(usize::try_from(start).unwrap()..usize::try_from(spool.bytes()).unwrap());
            }
        }
        let path = segments(directory.path()).remove(0);
        let mut bytes = fs::read(&path).unwrap();
        let touched = happen(&mut bytes, &accident);
        fs::write(&path, &bytes).unwrap();

        let is_whole = |bound: &std::ops::Range<usize>| {
            if touched.is_empty() {
                touched.start <= bound.start || touched.start >= bound.end
            } else {
                touched.end <= bound.start || touched.start >= bound.end
            }
        };
        let kept: Vec<_> =
            records.iter().zip(&bounds).filter(|(_, bound)| is_whole(bound)).map(|(record, _)| record.clone()).collect();

        let (spool, mut reader) = open(directory.path());
        append(&spool, b"after the restart").unwrap();
        let (found, damaged) = take_all(&mut reader);
        let mut expected = kept;
        expected.push(b"after the restart".to_vec());
        // An accident may write what is there already: then nothing is broken.
        let untouched: Vec<_> = records.iter().cloned().chain([b"after the restart".to_vec()]).collect();
        prop_assert!(found == expected || (found == untouched && damaged == 0), "{found:?} for {expected:?}");
        let records_bytes: usize = found.iter().map(|record| record.len() + frame::HEADER).sum();
        let total = bytes.len() + b"after the restart".len() + frame::HEADER;
        // Zeros at the end are taken for room that was never written to.
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let broken = total - records_bytes;
        prop_assert!((broken.saturating_sub(zeros)..=broken).contains(&usize::try_from(damaged).unwrap()), "{damaged}");
        let set_aside = fs::metadata(directory.path().join("damaged.bin")).map_or(0, |file| file.len());
        prop_assert_eq!(set_aside, damaged, "what is broken is set aside");
    }

    #[test]
    fn any_bytes_at_all_do_not_keep_it_from_opening(
        mut bytes in prop::collection::vec(any::<u8>(), 0..400),
        room in 0..600_usize,
    ) {
        bytes.extend(vec![0; room]);
        let directory = TempDir::new().unwrap();
        fs::write(path_of(directory.path(), 3), &bytes).unwrap();
        fs::write(directory.path().join("notes.txt"), &bytes).unwrap();
        let (spool, mut reader) = open(directory.path());
        append(&spool, b"kept").unwrap();
        let (found, damaged) = take_all(&mut reader);
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        prop_assert_eq!((found, damaged), (vec![b"kept".to_vec()], (bytes.len() - zeros) as u64));
    }
}
