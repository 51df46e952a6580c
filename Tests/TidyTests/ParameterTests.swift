internal import Testing

/// A call says what its arguments are: at most two parameters of a function have no label. The
/// callbacks of C libraries are exempt, since C has no labels.
@Suite struct ParameterTests {
  private let sources = Repository().swiftFiles(below: "Sources")

  @Test func atMostTwoHaveNoLabel() {
    for file in sources {
      for function in Self.functions(in: file) where function.unlabelledCount > 2 {
        Issue.record(
          "\(file.path):\(function.line) has \(function.unlabelledCount) without a label")
      }
    }
  }

  @Test(arguments: [
    ("func f(_ a: Int, _ b: Int, _ c: Int) {", 3), ("init(_ a: Int, b: (_ x: Int) -> Void) {", 1),
    ("private func f<A>(\n  _ a: A, of b: [Int: Int],\n  _ c: inout (A, A)\n) {", 2),
    ("static func == (left: A, right: A) -> Bool {", 0), ("let a = f(_ , _ , _ )", 0),
    ("@c(f)\nfunc f(_ a: Int, _ b: Int, _ c: Int) {", 0),
    ("@c(f)\nfunc f(_ a: Int) {}\nfunc g(\n  _ a: Int, _ b: Int,\n  _ c: Int) {", 3),
  ])
  func countsParameters(_ text: String, count: Int) {
    let functions = Self.functions(in: SourceFile(path: "Sources/A/B.swift", text: text))
    #expect(functions.map(\.unlabelledCount).max() ?? 0 == count)
  }

  private struct Function {
    let line: Int
    let unlabelledCount: Int
  }

  /// The functions and initializers of a file that C does not call, with the number of their
  /// parameters that have `_` in place of a label.
  private static func functions(in file: SourceFile) -> [Function] {
    var functions: [Function] = []
    var open: (line: Int, depth: Int, count: Int)?
    var isCallback = false
    for line in file.code {
      var rest = Substring(line.text)
      if open == nil {
        let start = rest.firstRange(of: /(\bfunc [^(]*|\binit[?]?(<[^(]*>)?)\(/)
        guard let start, !isCallback else {
          isCallback = line.text.hasPrefix("@c(")
          continue
        }
        open = (line.number, 1, 0)
        rest = "," + rest[start.upperBound...]
      }
      guard var function = open else { continue }
      var isAtStart = rest == Substring(line.text)
      for index in rest.indices {
        let character = rest[index]
        if "([{".contains(character) { function.depth += 1 }
        if ")]}".contains(character) { function.depth -= 1 }
        if function.depth == 0 { break }
        if character == "," {
          isAtStart = true
        } else if character != " " {
          if isAtStart, function.depth == 1, character == "_" { function.count += 1 }
          isAtStart = false
        }
      }
      if function.depth == 0 {
        functions.append(Function(line: function.line, unlabelledCount: function.count))
        open = nil
      } else {
        open = function
      }
    }
    return functions
  }
}
