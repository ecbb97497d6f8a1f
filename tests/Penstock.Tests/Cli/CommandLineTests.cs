using Penstock.Cli;

namespace Penstock.Tests.Cli;

/// <summary>Every option of every command, with values that it does not take.</summary>
public sealed class CommandLineTests
{
    private static readonly string[][] Commands =
        [["serve", "echo"], ["serve", "broadcast"], ["serve", "kv"], ["serve", "http"], ["send"], ["listen"],
            ["kv", "get", "key"], ["kv", "put", "key", "value"]];

    private static readonly string[] Numbers =
        ["--port", "--resp-port", "--loops", "--max-connections", "--read-slice-timeouts"];
    private static readonly string[] NotNumbers =
        ["abc", "1.5", "99999999999", "-1", "1e3", "0x10", "", " ", "+1 ", "\u0661"];
    private static readonly string[] Sizes = ["--max-message", "--max-memory", "--max-connection-memory"];
    private static readonly string[] NotSizes = ["abc", "1.5", "64xb", "99999999999gb", "-1", "mb", "", "\u0661"];
    private static readonly string[] NotTimes =
        ["abc", "-1", "1e300", "NaN", "Infinity", "1d", "s", "", "1000000h", "0.0000001ms"];
    private static readonly string[] NotNames = ["carrier-pigeon", "", "EPOLL "];

    /// <summary>Each option that some command has, with what it must refuse.</summary>
    private static readonly (string Option, string[] Values)[] Refused =
    [
        .. Numbers.Select(option => (option, NotNumbers)),
        .. Sizes.Select(option => (option, NotSizes)),
        ("--port", ["65536"]),
        ("--max-message", ["0"]),
        ("--max-connection-memory", ["0", "1023kb"]),
        ("--loops", ["0", "1025"]),
        ("--max-connections", ["0"]),
        .. new[] { "--idle-timeout", "--shutdown-timeout", "--linger-timeout" }.Select(option => (option, NotTimes)),
        ("--allowed-host", ["", " ", "http://a.example", "a.example:80", "*a.example", "a b"]),
        ("--host", ["not-an-address", "", "256.1.1.1", "127.0.0.1:80"]),
        ("--unix", ["", new string('x', 200)]),
        ("--unix-mode", ["999", "abc", "", "77777"]),
        .. new[] { "--io", "--trigger", "--fsync", "--max-memory-policy", "--framing", "--slow-consumer" }
            .Select(option => (option, NotNames)),
        ("--root", ["", "/no/such/directory"]),
        ("--data", [""]),
        ("--password-file", [""]),
    ];

    public static TheoryData<string> CommandNames => [.. Commands.Select(command => string.Join(' ', command))];

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void A_bad_value_is_one_line_that_names_the_option(string command)
    {
        string[] words = command.Split(' ');
        foreach ((string option, string[] values) in Refused.Where(refused => Has(words, refused.Option)))
        {
            foreach (string value in values)
            {
                string? problem = CommandLine.Problem(CommandLine.Parse([.. words, option, value]));
                Assert.True(problem is not null, $"{command} {option} '{value}' is taken");
                Assert.Contains(option, problem, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', problem);
            }
        }
    }

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void A_missing_value_is_one_line(string command)
    {
        string[] words = command.Split(' ');
        foreach (string option in Refused.Select(refused => refused.Option).Distinct().Where(o => Has(words, o)))
        {
            string? problem = CommandLine.Problem(CommandLine.Parse([.. words, option]));
            Assert.NotNull(problem);
            Assert.Contains(option, problem, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', problem);
        }
    }

    /// <summary>An option without a line in the table above would go unseen.</summary>
    [Theory]
    [MemberData(nameof(CommandNames))]
    public void Every_option_with_a_value_is_in_the_table(string command)
    {
        string[] words = command.Split(' ');
        string[] known = [.. Refused.Select(refused => refused.Option)];
        foreach (System.CommandLine.Option option in CommandLine.Parse(words).CommandResult.Command.Options)
        {
            if (option.ValueType != typeof(bool) && option.Name is not "--help" and not "--version")
                Assert.Contains(option.Name, known);
        }
    }

    [Theory]
    [InlineData("--max-message", "64mb")]
    [InlineData("--max-message", "65536")]
    [InlineData("--max-message", "64KB")]
    [InlineData("--idle-timeout", "0")]
    [InlineData("--idle-timeout", "1.5")]
    [InlineData("--idle-timeout", "500ms")]
    [InlineData("--idle-timeout", "2m")]
    [InlineData("--max-memory", "1gb")]
    [InlineData("--max-memory", "0")]
    [InlineData("--max-connection-memory", "512mb")]
    [InlineData("--unix", "@abstract")]
    [InlineData("--host", "::1")]
    public void Sizes_and_times_take_units(string option, string value) =>
        Assert.Null(CommandLine.Problem(CommandLine.Parse(["serve", "kv", option, value])));

    [Theory]
    [InlineData("--fsync", "always", "--data", "data")]
    [InlineData("--unix-mode", "0660", "--unix", "@abstract")]
    public void An_option_that_would_do_nothing_names_the_one_that_it_needs(
        string option, string value, string needed, string neededValue)
    {
        string[] words = ["serve", "kv", option, value];
        Assert.Equal($"{option} needs {needed}.", CommandLine.Problem(CommandLine.Parse(words)));
        Assert.Null(CommandLine.Problem(CommandLine.Parse([.. words, needed, neededValue])));
    }

    [Fact]
    public void A_value_that_begins_with_an_at_sign_is_a_value() =>
        Assert.Null(CommandLine.Problem(CommandLine.Parse(["kv", "put", "key", "@value"])));

    [Fact]
    public void The_help_shows_sizes_and_times_as_they_are_typed()
    {
        System.CommandLine.ParseResult parsed = CommandLine.Parse(["serve", "echo", "--help"]);
        using var output = new StringWriter();
        parsed.Invoke(new System.CommandLine.InvocationConfiguration { Output = output });
        Assert.Contains("[default: 64kb]", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("[default: 60]", output.ToString(), StringComparison.Ordinal);
    }

    private static bool Has(string[] command, string option) =>
        CommandLine.Parse(command).CommandResult.Command.Options.Any(candidate => candidate.Name == option);
}
