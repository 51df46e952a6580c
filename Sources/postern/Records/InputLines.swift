/// The lines of an input, with their numbers.
package struct InputLines {
  private let input: any Input
  private var bytes: [UInt8] = []
  private var position = 0
  private var hasEnded = false
  /// The number of the last line that was read.
  package private(set) var number = 0
  /// The bytes of the lines that were read.
  package private(set) var readBytes = 0

  private static let longest = 4 << 20

  package init(_ input: any Input) { self.input = input }

  /// The next line without its end; nil at the end of the input.
  package mutating func next() throws(Failure) -> ArraySlice<UInt8>? {
    var searched = position
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return take(upTo: end, thenTo: end + 1)
      }
      if hasEnded {
        return position < bytes.count ? take(upTo: bytes.count, thenTo: bytes.count) : nil
      }
      guard bytes.count - position <= Self.longest else {
        throw .trouble("line \(number + 1) is longer than \(Self.longest) bytes", advice: "")
      }
      let more = try input.read()
      hasEnded = more.isEmpty
      bytes.removeFirst(position)
      position = 0
      searched = bytes.count
      bytes += more
    }
  }

  private mutating func take(upTo end: Int, thenTo next: Int) -> ArraySlice<UInt8> {
    let line = bytes[position..<end]
    readBytes += next - position
    position = next
    number += 1
    return line
  }
}
