//! The packfile of a first commit.
//!
//! libgit2 would look for deltas between files that have nothing in common, and compress as well as
//! it can: both take longer than all else that makes a project. As many loose objects take longer
//! still where the project is on a disk.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git2::{ObjectType, Odb, Oid};
use sha1::{Digest, Sha1};

/// Returns a packfile with these objects, in git's format of version 2.
///
/// # Errors
/// Fails where an object is not in the database.
pub(super) fn packfile(objects: &Odb<'_>, ids: &[Oid]) -> Result<Vec<u8>, git2::Error> {
    let count = u32::try_from(ids.len()).map_err(|_| git2::Error::from_str("too many objects"))?;
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(count.to_be_bytes());
    for id in ids {
        let object = objects.read(*id)?;
        append(&mut pack, object.kind(), object.data())
            .map_err(|cause| git2::Error::from_str(&cause.to_string()))?;
    }
    let checksum = Sha1::digest(&pack);
    pack.extend(checksum);
    Ok(pack)
}

fn append(pack: &mut Vec<u8>, kind: ObjectType, data: &[u8]) -> io::Result<()> {
    let kind: u8 = match kind {
        ObjectType::Commit => 1,
        ObjectType::Tree => 2,
        ObjectType::Blob => 3,
        ObjectType::Tag | ObjectType::Any => return Err(io::ErrorKind::InvalidInput.into()),
    };
    // The kind and the length: four bits of it, then seven in each byte, the lowest first; the
    // highest bit of a byte says that another one follows.
    let (mut low, mut rest) = (kind << 4 | low_bits(data.len(), 4), data.len() >> 4);
    while rest > 0 {
        pack.push(low | 0x80);
        (low, rest) = (low_bits(rest, 7), rest >> 7);
    }
    pack.push(low);
    let mut encoder = ZlibEncoder::new(pack, Compression::fast());
    encoder.write_all(data)?;
    encoder.finish()?;
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "at most seven bits are left")]
fn low_bits(number: usize, bits: u32) -> u8 {
    (number & ((1 << bits) - 1)) as u8
}

#[cfg(test)]
mod tests {
    use git2::{Indexer, ObjectType, Repository};

    use super::*;

    #[test]
    fn git_reads_objects_of_each_length_from_a_packfile() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let repository = Repository::init_bare(folder.path()).expect("made");
        let objects = repository.odb().expect("opened");
        let memory = objects.add_new_mempack_backend(i32::MAX).expect("added");
        // The length of a header changes at 2^4, 2^11 and 2^18 bytes.
        let lengths = [0, 1, 15, 16, 17, 2047, 2048, 262_143, 262_144, 1_000_000];
        let texts: Vec<Vec<u8>> = lengths
            .iter()
            .map(|length| b"a text\n".iter().copied().cycle().take(*length).collect())
            .collect();
        let ids: Vec<Oid> = texts
            .iter()
            .map(|text| objects.write(ObjectType::Blob, text).expect("written"))
            .collect();
        let pack = packfile(&objects, &ids).expect("packed");
        memory.reset().expect("forgotten");
        assert!(!objects.exists(ids[1]), "nothing else holds it");

        let mut indexer =
            Indexer::new(None, &folder.path().join("objects/pack"), 0o444, true).expect("made");
        indexer.write_all(&pack).expect("written");
        indexer.commit().expect("whole");

        let again = Repository::open_bare(folder.path()).expect("opened");
        for (id, text) in ids.iter().zip(&texts) {
            assert_eq!(again.find_blob(*id).expect("there").content(), text);
        }
    }

    #[test]
    fn packfile_refuses_an_object_that_is_not_there() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let repository = Repository::init_bare(folder.path()).expect("made");

        assert!(packfile(&repository.odb().expect("opened"), &[Oid::ZERO_SHA1]).is_err());
    }
}
