/// Finds the index of a name, given as bytes, without an allocation.
///
/// All names are in one array, one after another. A lookup probes a table of slots, at most half
/// full, starting at the name's hash. The names come from the policy, not from peers, so a peer
/// can't cause collisions.
struct NameTable: Sendable {
  private let bytes: [UInt8]
  /// Where each name begins, then the end of the last.
  private let starts: [Int]
  /// An index plus one; zero is a free slot.
  private let slots: [UInt16]
  private let longest: Int

  /// Makes the table of distinct names, at most 32,767.
  init(_ names: [String]) {
    precondition(names.count <= Int(Int16.max), "more names than slots can number")
    var bytes: [UInt8] = []
    var starts = [0]
    var capacity = 2
    while capacity < names.count * 2 { capacity *= 2 }
    var slots = [UInt16](repeating: 0, count: capacity)
    for (index, name) in names.enumerated() {
      let name = Array(name.utf8)
      var slot = Self.hash(name.span) & (capacity - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = UInt16(index + 1)
      bytes += name
      starts.append(bytes.count)
    }
    self.bytes = bytes
    self.starts = starts
    self.slots = slots
    longest = names.map(\.utf8.count).max() ?? 0
  }

  /// The index of a name; nil if it is not in the table.
  func index(of name: Span<UInt8>) -> Int? {
    guard name.count <= longest else { return nil }
    let slots = self.slots.span
    let mask = slots.count - 1
    var slot = Self.hash(name) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      if isName(at: index, equalTo: name) { return index }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func isName(at index: Int, equalTo name: Span<UInt8>) -> Bool {
    let start = starts[index]
    guard starts[index + 1] - start == name.count else { return false }
    let bytes = self.bytes.span
    for offset in name.indices where bytes[start + offset] != name[offset] { return false }
    return true
  }

  /// FNV-1a, which is fast for short names.
  private static func hash(_ name: Span<UInt8>) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in name.indices { hash = (hash ^ UInt64(name[index])) &* 0x0000_0100_0000_01b3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}

/// The name of a role or a team in a policy: an index into its names, like `Action`.
package struct PolicyName: Sendable, Hashable {
  let index: UInt16
}

/// An action of one policy: an index into its tables.
///
/// Hazard: it is invalid in another policy. Don't keep it after the call that looked it up.
package struct Action: Sendable, Hashable {
  let index: UInt16
}
