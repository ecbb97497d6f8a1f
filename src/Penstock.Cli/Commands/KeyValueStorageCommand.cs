using System.CommandLine;
using Penstock.KeyValue.Storage;

namespace Penstock.Cli.Commands;

/// <summary>
/// <c>penstock kv check</c> and <c>penstock kv repair</c>: what is in a data directory, while no server uses it.
/// </summary>
internal static class KeyValueStorageCommand
{
    public static Command CreateCheck()
    {
        Argument<string> directory = DirectoryArgument();
        var command = new Command("check", "Reads a data directory and reports damage; changes nothing.") { directory };
        command.SetAction(parsed => Run(() => Check(parsed.GetValue(directory)!)));
        return command;
    }

    public static Command CreateRepair()
    {
        Argument<string> directory = DirectoryArgument();
        var yes = new Option<bool>("--yes")
        {
            Description = "Really do it; without it, only say what would be dropped.",
        };
        var command = new Command(
            "repair", "Repairs a damaged data directory: keeps what is sound, and the old files beside it.")
        {
            directory,
            yes,
        };
        command.SetAction(parsed => Run(() => Repair(parsed.GetValue(directory)!, parsed.GetValue(yes))));
        return command;
    }

    private static Argument<string> DirectoryArgument() => new("DIR")
    {
        Description = "The directory that penstock serve kv --data was given.",
    };

    private static int Run(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (DirectoryNotFoundException exception)
        {
            Console.Error.WriteLine($"penstock: {exception.Message}");
            return ExitCode.Usage;
        }
        catch (IOException exception)
        {
            Console.Error.WriteLine($"penstock: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    private static int Check(string directory) => Report(KeyValueStorage.Check(directory));

    private static int Repair(string directory, bool isConfirmed)
    {
        StorageReport report = KeyValueStorage.Check(directory);
        int status = Report(report);
        if (status == ExitCode.Success)
            Console.WriteLine("There is nothing to repair.");
        if (status != ExitCode.Failure)
            return status;
        if (!isConfirmed)
        {
            PrintLosses(report, "would drop");
            Console.Error.WriteLine("penstock: nothing was changed; add --yes to repair it.");
            return ExitCode.Failure;
        }

        (report, string? kept) = KeyValueStorage.Repair(directory);
        PrintLosses(report, "dropped");
        Console.WriteLine($"Repaired, with {Count(report.Keys, "key")}. All files as they were are in {kept}.");
        return ExitCode.Success;
    }

    private static void PrintLosses(StorageReport report, string what)
    {
        foreach (string loss in report.Losses)
            Console.WriteLine($"{what}: {loss}");
    }

    private static int Report(StorageReport report)
    {
        if (report.Files.Count == 0)
        {
            Console.Error.WriteLine($"penstock: {report.Directory} holds no snapshot and no log.");
            return ExitCode.Usage;
        }

        foreach (StorageFile file in report.Files)
            Console.WriteLine(Describe(file));
        Console.WriteLine($"{Count(report.Keys, "key")}{(report.IsSound ? "" : " in what is sound")}");
        return report.IsSound ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(StorageFile file) => file.State switch
    {
        StorageFileState.Missing => file.Problem!,
        StorageFileState.Whole => $"{file.Path}: {Contents(file)}, sound",
        StorageFileState.Unfinished => $"{file.Problem}; {Contents(file)} before; a server cuts them off at its start",
        _ => $"{file.Problem}; {Contents(file)} before",
    };

    private static string Contents(StorageFile file) =>
        $"{file.SoundLength} bytes, {Count(file.Records, "record")}";

    private static string Count(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
