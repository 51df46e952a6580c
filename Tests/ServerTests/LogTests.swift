internal import Foundation
internal import Server
internal import Testing

/// The lines of the log, and the limit on their number.
@Suite struct LogTests {
  private let pairs = [("event", "a \"b\" \\ c\nd=e"), ("pid", "12"), ("empty", "")]

  @Test func quotesWhatIsNotOneWord() {
    #expect(
      LogFormat.text.line(pairs) == #"event="a \"b\" \\ c\nd=e" pid=12 empty="""#)
  }

  @Test func writesJSON() throws {
    let line = LogFormat.json.line(pairs)
    let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    #expect(object == ["event": "a \"b\" \\ c\nd=e", "pid": "12", "empty": ""])
  }

  @Test func countsWhatAFloodHoldsBack() {
    let gate = LogRateLimiter()
    for _ in 0..<LogRateLimiter.linesPerSecond { #expect(gate.admit("flood", second: 1) == 0) }
    for _ in 0..<7 { #expect(gate.admit("flood", second: 1) == nil) }
    #expect(gate.admit("other", second: 1) == 0)
    #expect(gate.admit("flood", second: 2) == 7)
    #expect(gate.admit("flood", second: 2) == 0)
  }
}
