internal import Platform

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

/// A source of bytes.
package protocol Input: AnyObject {
  /// The total number of bytes; nil if unknown.
  var byteCount: Int? { get }
  /// Waits for the next bytes; empty at the end.
  func read() throws(Failure) -> [UInt8]
}

/// A file, a pipe or standard input.
final class ProcessInput: Input {
  private let file: FileDescriptor
  private let name: String
  private let isPipe: Bool
  let byteCount: Int?
  private var isBegun = false

  // With `-`, standard input.
  init(_ path: String) throws(Failure) {
    name = path == "-" ? "standard input" : "`\(DisplayText(path))`"
    do throws(InputFileError) {
      file =
        try path == "-"
        ? InputFile.standardInput()
        : InputFile.open(path: path, [.regular, .pipe, .characterDevice])
    } catch {
      throw .trouble("can't read \(name): \(error)", advice: "")
    }
    let status = try? FileStatus(of: file)
    isPipe = path != "-" && status?.kind == .pipe
    byteCount = status?.kind == .regular ? status?.byteCount : nil
  }

  func read() throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256 << 10)
    let count: Int
    do throws(Errno) {
      var room = bytes.mutableSpan
      count = try file.readWaiting(into: &room)
    } catch {
      throw .trouble("can't read \(name): \(error)", advice: "")
    }
    if count == 0, isPipe, !isBegun {
      throw .trouble("can't read \(name): \(InputFileError.noWriter)", advice: "")
    }
    isBegun = true
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
