namespace Penstock.Cli.Commands;

/// <summary>One of the values that an option has names for. The help shows a default as this prints itself.</summary>
/// <param name="Name">What the user types for it.</param>
/// <param name="Value">What it stands for.</param>
internal readonly record struct Choice<T>(string Name, T Value)
    where T : struct
{
    public override string ToString() => Name;
}
