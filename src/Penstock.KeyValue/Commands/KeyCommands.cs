using Penstock.KeyValue.Store;
using static Penstock.KeyValue.Commands.CommandFlags;

namespace Penstock.KeyValue.Commands;

/// <summary>Keys as a whole, whatever their value.</summary>
internal static class KeyCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new("del", -2, Delete, Write, 1, -1),
        new("unlink", -2, Delete, Write | Fast, 1, -1),
        new("exists", -2, CountExisting, ReadOnly | Fast, 1, -1),
        new("touch", -2, CountExisting, ReadOnly | Fast, 1, -1),
        new("type", 2, Type, ReadOnly | Fast, 1),
        new("rename", 3, Rename, Write, 1, 2),
        new("renamenx", 3, RenameIfMissing, Write | Fast, 1, 2),
        new("copy", -3, Copy, Write | DenyOutOfMemory, 1, 2),
    ];

    private static void Delete(ref Invocation call)
    {
        int count = 0;
        for (int i = 1; i < call.Count; i++)
            count += call.Keys.Remove(call.KeyAt(i)) ? 1 : 0;
        call.Reply.Integer(count);
    }

    private static void CountExisting(ref Invocation call)
    {
        int count = 0;
        for (int i = 1; i < call.Count; i++)
            count += call.Keys.Exists(call.KeyAt(i)) ? 1 : 0;
        call.Reply.Integer(count);
    }

    private static void Type(ref Invocation call)
    {
        if (call.Keys.Exists(call.Key))
            call.Reply.Simple("string"u8);
        else
            call.Reply.Simple("none"u8);
    }

    private static void Rename(ref Invocation call)
    {
        if (!SourceExists(in call))
            return;
        Move(in call);
        call.Reply.Ok();
    }

    private static void RenameIfMissing(ref Invocation call)
    {
        if (!SourceExists(in call))
            return;
        bool missing = !call.Keys.Exists(call.KeyAt(2));
        if (missing)
            Move(in call);
        call.Reply.Integer(missing ? 1 : 0);
    }

    private static void Copy(ref Invocation call)
    {
        if (!TryReadCopyOptions(in call, out bool replace))
            return;
        if (call[1].SequenceEqual(call[2]))
        {
            call.Error(ErrorTexts.SameObjects);
            return;
        }

        bool copies = call.Keys.Exists(call.KeyAt(1)) && (replace || !call.Keys.Exists(call.KeyAt(2)));
        if (copies)
            CopyEntry(in call);
        call.Reply.Integer(copies ? 1 : 0);
    }

    private static bool TryReadCopyOptions(in Invocation call, out bool replace)
    {
        replace = false;
        for (int i = 3; i < call.Count; i++)
        {
            if (call.Is(i, "replace"u8))
            {
                replace = true;
            }
            else if (call.Is(i, "db"u8) && i + 1 < call.Count)
            {
                if (!call.TryGetInteger(++i, out long database))
                    return false;
                if (database == 0)
                    continue;
                call.Error(ErrorTexts.DatabaseOutOfRange);
                return false;
            }
            else
            {
                call.SyntaxError();
                return false;
            }
        }

        return true;
    }

    private static bool SourceExists(in Invocation call)
    {
        if (call.Keys.Exists(call.KeyAt(1)))
            return true;
        call.Error(ErrorTexts.NoSuchKey);
        return false;
    }

    private static void Move(in Invocation call)
    {
        if (call[1].SequenceEqual(call[2]))
            return;
        CopyEntry(in call);
        call.Keys.Remove(call.KeyAt(1));
    }

    /// <summary>The value is copied out first: adding the other key may move the table that it was found in.</summary>
    private static void CopyEntry(in Invocation call)
    {
        ref Entry source = ref call.Keys.Find(call.KeyAt(1));
        long expiresAt = source.ExpiresAt;
        byte[] value = source.Value.ToArray();
        call.Keys.Set(call.KeyAt(2), value, expiresAt);
    }
}
