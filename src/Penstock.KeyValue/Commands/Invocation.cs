using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Penstock.KeyValue.Protocol;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>
/// One call of a command: its arguments, who calls, and where the reply goes. Valid during the call only.
/// </summary>
internal ref struct Invocation(Session session, KeyValueLoop loop, ReadOnlySpan<byte> input, RespArguments arguments)
{
    private readonly ReadOnlySpan<byte> _input = arguments.Inline ?? input;
    private readonly RespArguments _arguments = arguments;

    /// <summary>Who calls.</summary>
    public Session Session { get; } = session;

    /// <summary>Where it runs.</summary>
    public KeyValueLoop Loop { get; } = loop;

    public readonly KeyspaceAccess Keys => Loop.Keys;

    public readonly KeyValueDatabase Database => Loop.Database;

    /// <summary>The command that is called; set before its action runs.</summary>
    public Command Command { get; set; } = null!;

    /// <summary>The key of a command that has one, as its first argument.</summary>
    public StoreKey Key { get; set; }

    public readonly RespWriter Reply
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Session.Connection, Session.IsResp3);
    }

    /// <summary>Arguments, the command's name included.</summary>
    public readonly int Count => _arguments.Count;

    public readonly ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            (int start, int length) = _arguments[index];
            return _input.Slice(start, length);
        }
    }

    public readonly StoreKey KeyAt(int index) => Keys.Keyspace.KeyOf(this[index]);

    /// <summary>Whether an argument is this word, which is given in lower case.</summary>
    public readonly bool Is(int index, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(this[index], word);

    /// <summary>An argument as text for a message or a name; every byte becomes one character.</summary>
    public readonly string TextOf(int index) => Encoding.Latin1.GetString(this[index]);

    /// <summary>Reads an integer argument, or replies that it is none.</summary>
    public readonly bool TryGetInteger(int index, out long value)
    {
        if (RespNumber.TryParse(this[index], out value))
            return true;
        Error(ErrorTexts.NotAnInteger);
        return false;
    }

    /// <summary>Replies with an error, and counts it.</summary>
    /// <param name="text">The error with its code in front: <c>ERR syntax error</c>.</param>
    public readonly void Error(string text)
    {
        Loop.Counters.Errors.Add(text);
        Reply.Error(text);
    }

    public readonly void Error(string format, params ReadOnlySpan<string> arguments) =>
        Error(string.Format(CultureInfo.InvariantCulture, format, arguments));

    public readonly void SyntaxError() => Error(ErrorTexts.Syntax);

    /// <summary>Copies the call, so that it can run when the input is gone.</summary>
    public readonly QueuedCommand Copy()
    {
        var arguments = new RespArguments();
        int total = 0;
        for (int i = 0; i < Count; i++)
            total += this[i].Length;
        byte[] bytes = new byte[total];
        for (int i = 0, end = 0; i < Count; i++)
        {
            this[i].CopyTo(bytes.AsSpan(end));
            arguments.Add(end, this[i].Length);
            end += this[i].Length;
        }

        return new QueuedCommand(Command, bytes, arguments);
    }
}
