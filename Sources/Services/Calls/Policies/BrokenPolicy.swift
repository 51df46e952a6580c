/// Everything that is wrong with a policy file; at least one thing.
package struct BrokenPolicy: Error, Sendable {
  /// Line and column are counted from one.
  package let problems: [(line: Int, column: Int, problem: String)]

  init(problems: [(line: Int, column: Int, problem: String)]) { self.problems = problems }

  /// All problems in one line.
  package var message: String {
    problems.map { "line \($0.line), column \($0.column): \($0.problem)" }.joined(separator: "; ")
  }
}
