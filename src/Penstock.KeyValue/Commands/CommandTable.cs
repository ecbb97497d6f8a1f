using System.Runtime.InteropServices;

namespace Penstock.KeyValue.Commands;

/// <summary>Finds a command by its name, in any case, without allocating.</summary>
/// <remarks>
/// A name of up to 16 bytes is two machine words; clearing one bit of every byte makes letters upper case, and no other
/// byte becomes a letter. So a look-up is two loads, one multiplication and usually one comparison.
/// </remarks>
internal static class CommandTable
{
    private const int Slots = 512;
    private const int MaxNameBytes = 16;
    private const ulong UpperCase = 0xDFDF_DFDF_DFDF_DFDF;

    /// <summary>All commands, by family.</summary>
    public static IReadOnlyList<Command> All { get; } =
    [
        .. StringCommands.All, .. CounterCommands.All, .. KeyCommands.All, .. ExpiryCommands.All, .. ScanCommands.All,
        .. TransactionCommands.All, .. PubSubCommands.All, .. ConnectionCommands.All, .. ClientCommands.All,
        .. ServerCommands.All, .. ConfigCommands.All, .. CatalogCommands.All,
    ];

    /// <summary>All commands and their subcommands, each at its <see cref="Command.Index"/>.</summary>
    public static IReadOnlyList<Command> WithSubcommands { get; } = NumberAll();

    // After All, which it is built from: initializers run in this order.
    private static readonly Slot[] Table = BuildTable();

    /// <summary>
    /// What the words of a call from <paramref name="index"/> on call: a subcommand where the second one names it. Null
    /// when there is none of that name.
    /// </summary>
    public static Command? Find(in Invocation call, int index)
    {
        Command? command = Find(call[index]);
        return command is { Children.Count: > 0 } && call.Count > index + 1
            ? command.FindChild(call[index + 1])
            : command;
    }

    public static Command? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxNameBytes)
            return null;
        Pack(name, out ulong low, out ulong high);
        for (uint place = PlaceOf(low, high); ; place++)
        {
            ref Slot slot = ref Table[place % Slots];
            if (slot.Command is null)
                return null;

            // The length too: a name that ends in zeros or blanks packs to the same words as one that does not.
            if (slot.Low == low && slot.High == high && slot.Command.Name.Length == name.Length)
                return slot.Command;
        }
    }

    private static Command[] NumberAll()
    {
        Command[] all = [.. All.SelectMany(command => command.Children.Prepend(command))];
        for (int i = 0; i < all.Length; i++)
            all[i].Index = i;
        return all;
    }

    private static Slot[] BuildTable()
    {
        var table = new Slot[Slots];
        foreach (Command command in All)
        {
            Pack(System.Text.Encoding.ASCII.GetBytes(command.Name), out ulong low, out ulong high);
            uint place = PlaceOf(low, high);
            while (table[place % Slots].Command is not null)
                place++;
            table[place % Slots] = new Slot(low, high, command);
        }

        return table;
    }

    private static void Pack(ReadOnlySpan<byte> name, out ulong low, out ulong high)
    {
        if (name.Length is >= 2 and <= 4)
        {
            // Two overlapping halves would do for any length; these are GET, SET, INCR, MSET, PING.
            ulong tail = MemoryMarshal.Read<ushort>(name[^2..]);
            low = MemoryMarshal.Read<ushort>(name) | (tail << ((name.Length - 2) * 8));
            low &= UpperCase;
            high = 0;
            return;
        }

        Span<byte> padded = stackalloc byte[MaxNameBytes];
        padded.Clear();
        name.CopyTo(padded);
        low = MemoryMarshal.Read<ulong>(padded) & UpperCase;
        high = MemoryMarshal.Read<ulong>(padded[sizeof(ulong)..]) & UpperCase;
    }

    private static uint PlaceOf(ulong low, ulong high) => (uint)(((low ^ (high * 31)) * 0x9E37_79B9_7F4A_7C15) >> 40);

    private readonly record struct Slot(ulong Low, ulong High, Command? Command);
}
