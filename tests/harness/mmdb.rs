//! Makes databases of addresses in MaxMind's format, version 2.0: a search tree of bits, a section of data and a map that describes
//! them (MaxMind, "MaxMind DB File Format Specification").

use std::net::Ipv4Addr;

/// What a database says.
pub enum Data<'a> {
    Text(&'a str),
    Short(u16),
    Number(u32),
    Long(u64),
    /// A list without members.
    Empty,
    Map(Vec<(&'a str, Data<'a>)>),
}

impl Data<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                control(2, text.len(), out);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Short(number) => {
                control(5, 2, out);
                out.extend_from_slice(&number.to_be_bytes());
            }
            // Types above 7 are written after a zero.
            Self::Long(number) => {
                out.extend_from_slice(&[8, 9 - 7]);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Number(number) => {
                control(6, 4, out);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Empty => out.extend_from_slice(&[0, 11 - 7]),
            Self::Map(members) => {
                control(7, members.len(), out);
                for (name, value) in members {
                    Data::Text(name).write(out);
                    value.write(out);
                }
            }
        }
    }
}

/// The control byte of a value: its type and its size, which is below 29 here or written after it.
fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
    assert!(size < 285);
    match u8::try_from(size).ok().filter(|size| *size < 29) {
        Some(size) => out.push(kind << 5 | size),
        None => out.extend_from_slice(&[kind << 5 | 29, (size - 29) as u8]),
    }
}

/// The file of a database of IPv4 networks; none of them may hold another.
pub fn database(networks: &[(Ipv4Addr, u32, Data<'_>)]) -> Vec<u8> {
    /// Where a bit leads to.
    #[derive(Clone, Copy)]
    enum To {
        Nothing,
        Node(usize),
        Data(usize),
    }
    let mut nodes = vec![[To::Nothing; 2]];
    let mut data = Vec::new();
    for (address, length, what) in networks {
        let offset = data.len();
        what.write(&mut data);
        let bit = |place: u32| (u32::from(*address) >> (31 - place) & 1) as usize;
        let mut node = 0;
        for place in 0..length - 1 {
            node = match nodes[node][bit(place)] {
                To::Node(next) => next,
                _ => {
                    nodes.push([To::Nothing; 2]);
                    let next = nodes.len() - 1;
                    nodes[node][bit(place)] = To::Node(next);
                    next
                }
            };
        }
        nodes[node][bit(length - 1)] = To::Data(offset);
    }
    let count = nodes.len();
    let mut file = Vec::new();
    for to in nodes.iter().flatten() {
        // Offsets of data are counted from after the 16 zero bytes between tree and data.
        let record = match to {
            To::Nothing => count,
            To::Node(node) => *node,
            To::Data(offset) => count + 16 + offset,
        };
        file.extend_from_slice(&(record as u32).to_be_bytes());
    }
    file.extend_from_slice(&[0; 16]);
    file.extend_from_slice(&data);
    file.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let about = [
        ("node_count", Data::Number(count as u32)),
        ("record_size", Data::Short(32)),
        ("ip_version", Data::Short(4)),
        ("database_type", Data::Text("Test")),
        ("binary_format_major_version", Data::Short(2)),
        ("binary_format_minor_version", Data::Short(0)),
        ("build_epoch", Data::Long(0)),
        ("description", Data::Map(Vec::new())),
        ("languages", Data::Empty),
    ];
    Data::Map(about.into()).write(&mut file);
    file
}
