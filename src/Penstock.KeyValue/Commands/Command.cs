namespace Penstock.KeyValue.Commands;

/// <summary>One command of the table.</summary>
internal sealed class Command
{
    /// <param name="name">In lower case.</param>
    /// <param name="arity">Arguments with the name; negative for at least so many.</param>
    /// <param name="action">Runs with the locks of the command's keys held.</param>
    /// <param name="flags">How it is to be treated.</param>
    /// <param name="firstKey">The place of the first key; 0 for none.</param>
    /// <param name="lastKey">The place of the last key; negative counts from the end.</param>
    /// <param name="keyStep">From one key to the next.</param>
    public Command(
        string name,
        int arity,
        CommandAction action,
        CommandFlags flags,
        int firstKey = 0,
        int lastKey = 0,
        int keyStep = 1)
    {
        Name = name;
        Arity = arity;
        Action = action;
        Flags = flags;
        FirstKey = firstKey;
        LastKey = firstKey != 0 && lastKey == 0 ? firstKey : lastKey;
        KeyStep = firstKey == 0 ? 0 : keyStep;
        HasOneKey = FirstKey == 1 && LastKey == 1;
    }

    public string Name { get; }

    public int Arity { get; }

    public CommandAction Action { get; }

    public CommandFlags Flags { get; }

    public int FirstKey { get; }

    public int LastKey { get; }

    public int KeyStep { get; }

    /// <summary>Whether the only key is the first argument, as it is for most commands.</summary>
    public bool HasOneKey { get; }

    public bool Has(CommandFlags flag) => (Flags & flag) != 0;

    public bool Accepts(int arguments) => Arity >= 0 ? arguments == Arity : arguments >= -Arity;
}
