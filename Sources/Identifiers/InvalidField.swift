/// A field of a request that breaks the rules of its kind: INVALID_ARGUMENT.
///
/// It names the field and the rule and never repeats the value, which might be a secret that was
/// put into the wrong field.
package struct InvalidField: Error, Sendable {
  /// The field's name as the contract spells it.
  package let field: StaticString
  package let problem: FieldProblem

  package init(field: StaticString, problem: FieldProblem) {
    self.field = field
    self.problem = problem
  }

  /// One sentence for the caller.
  package var message: String { "`\(field)` \(problem.message)" }
}
