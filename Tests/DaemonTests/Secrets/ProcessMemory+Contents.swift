internal import Glibc
internal import TestSupport

extension ProcessMemory {
  /// What a process has in its own memory: all readable mappings that no other process shares.
  static func contents(of process: ChildProcess) throws -> [[UInt8]] {
    let folder = "/proc/\(process.processID)"
    let file = unsafe open("\(folder)/mem", O_RDONLY)
    guard file >= 0 else { throw FixtureError("the memory of the process can't be read") }
    defer { close(file) }
    var regions: [[UInt8]] = []
    for line in try lines(of: "\(folder)/maps") {
      let words = line.split(separator: " ")
      guard words.count >= 2, words[1].first == "r", words[1].last == "p",
        let dash = words[0].firstIndex(of: "-"),
        let start = UInt64(words[0][..<dash], radix: 16),
        let end = UInt64(words[0][words[0].index(after: dash)...], radix: 16)
      else { continue }
      var offset = start
      while offset < end {
        var bytes = [UInt8](repeating: 0, count: Int(min(end - offset, 4 << 20)))
        let count = unsafe pread(file, &bytes, bytes.count, Int(bitPattern: UInt(offset)))
        // What the kernel keeps to itself can't hold what was sent.
        guard count > 0 else { break }
        regions.append(Array(bytes[..<count]))
        offset += UInt64(count)
      }
    }
    guard regions.contains(where: { $0.contains { $0 != 0 } }) else {
      throw FixtureError("the process has no memory")
    }
    return regions
  }

  private static func lines(of path: String) throws -> [Substring] {
    let file = unsafe open(path, O_RDONLY)
    guard file >= 0 else { throw FixtureError("no `\(path)`") }
    defer { close(file) }
    var text: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe Glibc.read(file, &room, room.count)
      guard count > 0 else { break }
      text += room[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
  }
}
