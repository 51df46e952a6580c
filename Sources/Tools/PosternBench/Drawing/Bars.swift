/// What things cost, each a bar over a logarithmic axis.
struct Bars {
  let title: String
  let axis: Axis
  let bars: [Bar]

  struct Bar {
    let name: String
    let value: Double
    /// The value as it is written behind the bar.
    let text: String
  }

  init(title: String, axisTitle: String, _ bars: [Bar]) {
    self.title = title
    self.bars = bars
    let values = bars.map(\.value)
    axis = .logarithmic(axisTitle, from: (values.min() ?? 1) / 2, to: values.max() ?? 10)
  }
}
