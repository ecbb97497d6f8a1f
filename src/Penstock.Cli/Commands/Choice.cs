namespace Penstock.Cli.Commands;

/// <summary>
/// A value that is typed in another form than it prints. The help shows a default as this prints itself.
/// </summary>
/// <param name="Name">What the user types for it.</param>
/// <param name="Value">What it stands for.</param>
internal readonly record struct Choice<T>(string Name, T Value)
    where T : struct
{
    public override string ToString() => Name;
}
