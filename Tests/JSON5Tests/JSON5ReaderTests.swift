internal import JSON5
internal import Testing

/// What JSON5 the files may have, and where a reader says that something is wrong.
@Suite struct JSON5ReaderTests {
  /// The value in one line, each part behind its place, or the error.
  private func read(_ text: String, _ limits: JSON5Limits = JSON5Limits()) -> String {
    do {
      return Self.written(try JSON5Reader.read(text, limits: limits))
    } catch {
      return "\(error.place.line):\(error.place.column) \(error.problem)"
    }
  }

  private static func written(_ value: JSON5Value) -> String {
    let place = "\(value.place.line):\(value.place.column) "
    switch value.content {
    case .null: return place + "null"
    case .boolean(let value): return place + "\(value)"
    case .number(let text): return place + text
    case .string(let text): return place + "'\(text)'"
    case .list(let values):
      return place + "[" + values.map(written).joined(separator: ", ") + "]"
    case .object(let members):
      let parts = members.map { member in
        "\(member.place.line):\(member.place.column) \(member.key) = \(written(member.value))"
      }
      return place + "{" + parts.joined(separator: ", ") + "}"
    }
  }

  @Test func readsWhatJSON5Allows() {
    let text = """
      // a comment
      {
        socket: "/run/a \\"b\\" \\u0041\\x42.sock", /* another
        one */ 'data': '/var/lib/"x"',
        operator_uid: [0, +7, 0x10,], on: true, off: false, none: null,
        "max_connections": -5, deep: { $a_1: [{}] },
      }
      """
    #expect(
      read(text)
        == #"2:1 {3:3 socket = 3:11 '/run/a "b" AB.sock', 4:10 data = 4:18 '/var/lib/"x"', "#
        + "5:3 operator_uid = 5:17 [5:18 0, 5:21 7, 5:25 16], 5:33 on = 5:37 true, "
        + "5:43 off = 5:48 false, 5:55 none = 5:61 null, 6:3 max_connections = 6:22 -5, "
        + "6:26 deep = 6:32 {6:34 $a_1 = 6:40 [6:41 {}]}}")
    #expect(read("{}") == "1:1 {}")
    #expect(read(" 'a\\\nb'") == "1:2 'ab'")
  }

  @Test(arguments: [
    ("", "1:1 expected a value"), ("{", "1:2 expected a key or `}`"), ("{a}", "1:3 expected `:`"),
    ("{a:", "1:4 expected a value"), ("{a:1", "1:5 expected `,`"),
    ("{a:1}x", "1:6 expected nothing behind the last `}`"),
    ("1 2", "1:3 expected nothing behind the value"),
    ("{\n  a: 1,\n  a: 2}", "3:3 the key `a` is given twice"),
    ("{\n  a: 1,\n  '\\u0061': 2}", "3:3 the key `a` is given twice"),
    ("{a:\n 'b\n'}", "2:4 expected the end of a string"),
    ("{a:1} /*", "1:9 expected the end of a comment"),
    ("{a:0x1011e+,}", "1:4 expected a value, not `0x1011e+`"),
    ("{a:1.5}", "1:4 expected a value, not `1.5`"), ("{a:010}", "1:4 expected a value, not `010`"),
    ("{a:Infinity}", "1:4 expected a value, not `Infinity`"),
    ("{a:'\\uD800'}", "1:7 expected 4 hexadecimal digits of a character"),
    ("{a:'\\1'}", "1:6 an escape of a digit means nothing"),
    ("{1a:1}", "1:2 expected a key or `}`"), ("{a:[1 2]}", "1:7 expected `,`"),
  ])
  func saysWhereItStopped(_ text: String, _ refusal: String) {
    #expect(read(text) == refusal, "\(text)")
  }

  @Test func keepsItsLimits() {
    let limits = JSON5Limits(depth: 2, values: 6)
    #expect(read("[[1]]", limits) == "1:1 [1:2 [1:3 1]]")
    #expect(read("[[[1]]]", limits) == "1:3 this is nested too deeply")
    #expect(read("[{a: {}}]", limits) == "1:6 this is nested too deeply")
    #expect(read("[1,2,3,4,5]", limits).hasPrefix("1:1 ["))
    #expect(read("[1,2,3,4,5,6]", limits) == "1:12 there are more than 6 values and keys")
    #expect(read("{a:1,b:2,c:3}", limits) == "1:12 there are more than 6 values and keys")
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(read(deep) == "1:17 this is nested too deeply")
  }
}
