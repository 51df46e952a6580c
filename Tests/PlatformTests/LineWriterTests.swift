internal import Glibc
internal import Platform
internal import Testing

/// Lines to a stream that takes none, and to one that does again.
@Suite struct LineWriterTests {
  /// A pipe without room.
  private final class FullPipe {
    let reader: Int32
    let writer: Int32
    private let fillCount: Int

    init() {
      var ends: [Int32] = [0, 0]
      unsafe pipe(&ends)
      (reader, writer) = (ends[0], ends[1])
      _ = fcntl(writer, F_SETFL, O_NONBLOCK)
      var count = 0
      while unsafe write(writer, [0x2e], 1) == 1 { count += 1 }
      fillCount = count
      _ = fcntl(writer, F_SETFL, 0)
    }

    deinit {
      close(reader)
      close(writer)
    }

    /// Reads what the pipe was full of.
    func empty() {
      for _ in 0..<fillCount { _ = next() }
    }

    /// Waits for the lines behind that.
    func lines(_ count: Int) -> [String] {
      var lines: [String] = []
      var line: [UInt8] = []
      while lines.count < count {
        let byte = next()
        line.append(byte)
        guard byte == 0x0a else { continue }
        lines.append(String(decoding: line, as: UTF8.self))
        line = []
      }
      return lines
    }

    private func next() -> UInt8 {
      var byte: UInt8 = 0
      unsafe read(reader, &byte, 1)
      return byte
    }
  }

  private func makeWriter(_ pipe: FullPipe, maximumBytes: Int) throws -> LineWriter {
    try LineWriter(to: pipe.writer, maximumBytes: maximumBytes) { Array("\($0) lost\n".utf8) }
  }

  @Test func losesWhatHasNoRoomAndSaysSoAtItsPlace() throws {
    let pipe = FullPipe()
    let writer = try makeWriter(pipe, maximumBytes: 20)
    for index in 0..<30 { writer.write(Array("line \(index)\n".utf8)) }
    #expect(writer.lostLines == 28)
    try writer.start()
    pipe.empty()
    #expect(pipe.lines(3) == ["line 0\n", "line 1\n", "28 lost\n"])
    writer.write(Array("line 30\n".utf8))
    #expect(pipe.lines(1) == ["line 30\n"])
  }

  @Test func endsInSpiteOfAStreamThatTakesNothing() throws {
    let pipe = FullPipe()
    let writer = try makeWriter(pipe, maximumBytes: 1000)
    try writer.start()
    writer.write(Array("line\n".utf8))
    writer.finish(withinNanoseconds: 1_000_000)
    #expect(writer.lostLines == 0)
    pipe.empty()
    #expect(pipe.lines(1) == ["line\n"])
  }

  @Test func countsWhatTheStreamRefuses() throws {
    let full = unsafe open("/dev/full", O_WRONLY)
    defer { close(full) }
    let writer = try LineWriter(to: full, maximumBytes: 1000) { _ in [] }
    writer.write(Array("line\n".utf8))
    writer.finish(withinNanoseconds: 30_000_000_000)
    #expect(writer.lostLines == 1)
  }
}
