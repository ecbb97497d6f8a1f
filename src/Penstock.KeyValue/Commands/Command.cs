using System.Text;

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
        FullName = name;
    }

    /// <summary>A command that says with its second word what it does.</summary>
    /// <param name="name">In lower case.</param>
    /// <param name="subcommands">What the second word may be.</param>
    /// <param name="alone">Runs when there is no second word; null when there must be one.</param>
    public Command(string name, IReadOnlyList<Command> subcommands, CommandAction? alone = null)
        : this(name, alone is null ? -2 : -1, alone ?? Subcommands.Unreachable, subcommands[0].Flags)
    {
        Children = [.. subcommands, Subcommands.Help(name)];
        foreach (Command child in Children)
        {
            child.FullName = $"{name}|{child.Name}";
            child.Parent = this;
        }
    }

    public string Name { get; }

    /// <summary>As Redis names it: <c>get</c>, <c>config|set</c>.</summary>
    public string FullName { get; private set; }

    /// <summary>The command whose second word this is; null when it is the first.</summary>
    public Command? Parent { get; private set; }

    /// <summary>What the second word may be; empty when that is an argument as any other.</summary>
    public IReadOnlyList<Command> Children { get; } = [];

    /// <summary>Its place among all commands and subcommands.</summary>
    public int Index { get; set; }

    public int Arity { get; }

    public CommandAction Action { get; }

    public CommandFlags Flags { get; }

    public int FirstKey { get; }

    public int LastKey { get; }

    public int KeyStep { get; }

    /// <summary>Whether the only key is the first argument, as it is for most commands.</summary>
    public bool HasOneKey { get; }

    /// <summary>The subcommand of this name, in any case; null when there is none.</summary>
    public Command? FindChild(ReadOnlySpan<byte> name)
    {
        foreach (Command child in Children)
        {
            if (Ascii.EqualsIgnoreCase(name, child.Name))
                return child;
        }

        return null;
    }

    public bool Has(CommandFlags flag) => (Flags & flag) != 0;

    public bool Accepts(int arguments) => Arity >= 0 ? arguments == Arity : arguments >= -Arity;
}
