using System.Runtime.CompilerServices;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Commands;

/// <summary>SET with all its options.</summary>
internal static class SetCommand
{
    public static void Run(ref Invocation call)
    {
        if (call.Count > 3)
        {
            RunWithOptions(ref call);
            return;
        }

        call.Keys.Set(call.Key, call[2]);
        call.Reply.Ok();
    }

    private static void RunWithOptions(ref Invocation call)
    {
        if (!SetOptions.TryRead(in call, 3, SetOptions.ForSet, out SetOptions options))
            return;
        ref Entry entry = ref call.Keys.Find(call.Key);
        bool exists = !Unsafe.IsNullRef(ref entry);
        if (options.KeepExpiry && exists)
            options.ExpiresAt = entry.ExpiresAt;
        bool applies = options.OnlyIfExists ? exists : !options.OnlyIfMissing || !exists;

        if (options.ReturnOld)
            StringCommands.ReplyValue(ref call, call.Key);
        else if (applies)
            call.Reply.Ok();
        else
            call.Reply.Null();

        if (applies)
            Apply(in call, options.ExpiresAt);
    }

    /// <summary>A time that has passed already removes the key.</summary>
    private static void Apply(in Invocation call, long expiresAt)
    {
        if (expiresAt != 0 && expiresAt <= call.Keys.Now)
            call.Keys.Remove(call.Key);
        else
            call.Keys.Set(call.Key, call[2], expiresAt);
    }
}
