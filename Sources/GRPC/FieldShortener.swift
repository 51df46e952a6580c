internal import Messages

/// Reads the fields of a header block (RFC 7541) as far as necessary, and copies them except for
/// texts that are too long to be valid.
///
/// libnghttp2 ends the connection over a name or a value of more than 64 KiB, although only the
/// call is too large. The block can't be skipped: the compression state of both sides depends on
/// it. So such a text is replaced by a shorter one that leaves the same dynamic table, an empty
/// one, because neither text fits into it (section 4.4).
///
/// When the peer has just learned that it may have no dynamic table, its next block must begin by
/// saying so (section 4.2). An encoder that never uses a table may not know that, and libnghttp2
/// would end its connection. So the update is added here.
struct FieldShortener: ~Copyable {
  /// Longer texts are replaced: the most that libnghttp2 takes, in bytes.
  static let textByteCountMaximum = 64 << 10
  /// The length of the replacement: the most that the dynamic table takes.
  private static let replacementByteCount = 4 << 10
  /// An update of the table's size to zero; its first three bits are those of every update.
  private static let tableSizeUpdate: UInt8 = 0x20

  private enum State {
    /// The first byte of a field.
    case field
    /// The rest of an integer, and its meaning.
    case integer(shift: Int, Number)
    /// The first byte of a text's length.
    case length(isName: Bool)
    /// Bytes of a text.
    case text(isName: Bool, left: Int, isDropped: Bool)
  }

  private enum Number {
    /// The index of a whole field, or the size of the table.
    case field
    /// The index of a name; zero if the name follows.
    case name
    /// The length of a text.
    case length(isName: Bool)
  }

  private(set) var output = ByteBuffer()
  /// Whether a text was replaced.
  private(set) var isShortened = false
  /// Whether the next block must begin with an update of the table's size.
  private(set) var awaitsTableSize = false
  private var state = State.field
  private var number = 0
  /// The bytes of a text's length as they arrived, and how many have.
  private var length = InlineArray<8, UInt8>(repeating: 0)
  private var lengthByteCount = 0

  var capacity: Int { output.capacity }

  /// Whether no field is incomplete.
  var isComplete: Bool { if case .field = state { true } else { false } }

  /// Makes the next block begin with an update of the table's size, even if the peer sends none.
  mutating func expectTableSize() { awaitsTableSize = true }

  /// Takes the next bytes of the block, and returns the error in them, if any.
  mutating func take(_ bytes: Span<UInt8>) -> ConnectionError? {
    var index = 0
    while index < bytes.count {
      if case .text(let isName, let left, let isDropped) = state {
        let count = min(left, bytes.count - index)
        if !isDropped { output.append(bytes.extracting(index..<index + count)) }
        index += count
        goOn(isName: isName, left: left - count, isDropped: isDropped)
      } else {
        guard take(bytes[index]) else { return .compression }
        index += 1
      }
    }
    return nil
  }

  /// Prepares for another block.
  mutating func reset() {
    output.removeAll()
    output.shrink(to: 0)
    isShortened = false
    state = .field
    lengthByteCount = 0
  }

  /// Takes a byte outside a text; false if an integer is too large.
  private mutating func take(_ byte: UInt8) -> Bool {
    switch state {
    case .field:
      if awaitsTableSize {
        awaitsTableSize = false
        if byte & 0xe0 != Self.tableSizeUpdate { output.append(Self.tableSizeUpdate) }
      }
      output.append(byte)
      if byte & 0x80 != 0 {
        begin(byte, bits: 7, .field)
      } else if byte & 0x40 != 0 {
        begin(byte, bits: 6, .name)
      } else if byte & 0x20 != 0 {
        begin(byte, bits: 5, .field)
      } else {
        begin(byte, bits: 4, .name)
      }
    case .length(let isName):
      keep(byte)
      begin(byte, bits: 7, .length(isName: isName))
    case .integer(let shift, let meaning):
      if case .length = meaning { keep(byte) } else { output.append(byte) }
      guard shift <= 21 else { return false }
      number += Int(byte & 0x7f) << shift
      if byte & 0x80 != 0 {
        state = .integer(shift: shift + 7, meaning)
      } else {
        end(meaning)
      }
    case .text: break
    }
    return true
  }

  private mutating func keep(_ byte: UInt8) {
    length[lengthByteCount] = byte
    lengthByteCount += 1
  }

  /// Begins an integer with the low `bits` of a byte (section 5.1).
  private mutating func begin(_ byte: UInt8, bits: Int, _ meaning: Number) {
    let mask = 1 << bits - 1
    number = Int(byte) & mask
    if number == mask { state = .integer(shift: 0, meaning) } else { end(meaning) }
  }

  /// Continues after an integer.
  private mutating func end(_ meaning: Number) {
    switch meaning {
    case .field: state = .field
    case .name: state = .length(isName: number == 0)
    case .length(let isName): beginText(isName: isName)
    }
  }

  private mutating func beginText(isName: Bool) {
    let isDropped = number > Self.textByteCountMaximum
    if isDropped {
      isShortened = true
      // The length as an integer of seven bits and two bytes, for a text that is not compressed.
      let rest = Self.replacementByteCount - 0x7f
      output.append(0x7f)
      output.append(UInt8(rest & 0x7f) | 0x80)
      output.append(UInt8(rest >> 7))
      for _ in 0..<Self.replacementByteCount { output.append(UInt8(ascii: "x")) }
    } else {
      for index in 0..<lengthByteCount { output.append(length[index]) }
    }
    lengthByteCount = 0
    goOn(isName: isName, left: number, isDropped: isDropped)
  }

  private mutating func goOn(isName: Bool, left: Int, isDropped: Bool) {
    if left > 0 {
      state = .text(isName: isName, left: left, isDropped: isDropped)
    } else {
      state = isName ? .length(isName: false) : .field
    }
  }
}
