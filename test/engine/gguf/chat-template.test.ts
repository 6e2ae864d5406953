import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chatFacts, DEFAULT_CHAT, renderChatHead } from "#telltale/engine/gguf/chat-template.js";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { TelltaleError } from "#telltale/errors.js";
import { scalar, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { processes } from "../../processes.js";
import { eventually } from "../scripts.js";
import { BASE_A, BASE_B, failureOf, scratch } from "./support.js";

const file = scratch();
const facts = (template: string | null, bosToken = "<s>", eosToken = "</s>") => ({ template, bosToken, eosToken });
const SYSTEM = DEFAULT_CHAT.system;
const USER = DEFAULT_CHAT.user;

const CHATML = `{% for message in messages %}
{{ '<|im_start|>' + message.role + '\\n' + message['content'] | trim + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}`;

const LLAMA_3 = `{{- bos_token }}
{%- if tools is not none and tools %}{{- raise_exception('tools') }}{%- endif %}
{%- set date_string = strftime_now("%d %b %Y") if strftime_now is defined else "never" %}
{%- set system_message = "" %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nToday Date: " + date_string + "\\n\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}`;

const MISTRAL = `{{ bos_token }}{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{% endif %}
{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% endif %}
{% endfor %}`;

const GEMMA = `{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{% for message in messages %}
{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}
{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`;

const QWEN_3 = `{%- if tools %}{{- raise_exception('tools') }}{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + ' ' ~ ns.last_query_index ~ '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>' }}{%- endif %}
{%- endif %}`;

describe("renderChatHead", () => {
  it.each<[string, string, string, boolean]>([
    [
      "ChatML",
      CHATML,
      `<|im_start|>system\n${SYSTEM}<|im_end|>\n<|im_start|>user\n${USER}<|im_end|>\n<|im_start|>assistant\n`,
      false,
    ],
    [
      "a Llama 3 like template, with its date",
      LLAMA_3,
      `<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n${SYSTEM}<|eot_id|>` +
        `<|start_header_id|>user<|end_header_id|>\n\n${USER}<|eot_id|>` +
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
      false,
    ],
    ["a Mistral like template that wants the user first", MISTRAL, `<s>[INST] ${SYSTEM}\n\n${USER} [/INST]`, true],
    [
      "a Gemma like template that refuses a system message",
      GEMMA,
      `<s><start_of_turn>user\n${SYSTEM}\n\n${USER}<end_of_turn>\n<start_of_turn>model\n`,
      true,
    ],
    [
      "a Qwen 3 like template with a namespace and a loop backwards",
      QWEN_3,
      `<|im_start|>system 1\n${SYSTEM}<|im_end|>\n<|im_start|>user 1\n${USER}<|im_end|>\n<|im_start|>assistant\n`,
      false,
    ],
  ])("renders %s", async (_name, template, text, systemMerged) => {
    const templateHash = createHash("sha256").update(template).digest("hex");
    expect(await renderChatHead(facts(template))).toEqual({ text, systemMerged, templateHash });
  });

  it("renders the templates of real models with the tokens of their vocabularies", async () => {
    const [a, b] = await Promise.all([BASE_A, BASE_B].map(async (path) => chatFacts(await checkModelFile(path))));
    if (!a || !b) throw new Error("no models");
    expect([a.bosToken, a.eosToken, b.bosToken, b.eosToken]).toEqual(["<|endoftext|>", "<|im_end|>", "<s>", "<|end|>"]);
    expect((await renderChatHead(a)).text).toMatch(/^<\|im_start\|>system\nYou are .*<\|im_start\|>assistant\n$/s);
    expect((await renderChatHead(b)).text).toBe(`<|system|>${SYSTEM}<|end|><|user|>${USER}<|end|><|assistant|>`);
  });

  it("leaves an empty system message and missing tokens out", async () => {
    const template = "{{ bos_token is defined }}{{ messages | length }}{{ messages[0].role }}{{ eos_token }}";
    const head = await renderChatHead(facts(template, "", "E"), { system: "", user: "hi" });
    expect(head.text).toBe("false1userE");
  });

  it("gives templates what the Transformers library gives, on a fixed date", async () => {
    const template =
      "{{ tools is none }}{{ documents is none }}{{ True }}{{ range(2, 7, 3) }}{{ strftime_now('%Y %-m %H%% %Q') }}";
    expect((await renderChatHead(facts(template))).text).toBe("truetruetrue[2, 5]2024 7 00% %Q");
  });

  it("says that there is no template", async () => {
    const header = await checkModelFile(file("plain.gguf", writeGguf(tinyModel())));
    expect(chatFacts(header)).toEqual({ template: null, bosToken: "<s>", eosToken: "</s>" });
    const error = await failureOf(renderChatHead(chatFacts(header)));
    expect(error).toMatchObject({ code: "NO_CHAT_TEMPLATE", exitCode: 5 });
    expect(error.message).toBe(
      "The model has no chat template. Use the raw format for this model, or give it a chat template that works.",
    );
    const empty = withKey(tinyModel(), "tokenizer.chat_template", scalar("string", ""));
    expect(chatFacts(await checkModelFile(file("empty.gguf", writeGguf(empty)))).template).toBeNull();
  });

  const doubled = (times: number) =>
    `{% set n = namespace(x='xxxxxxxxxxxxxxxx') %}{% for i in range(${times}) %}{% set n.x = n.x + n.x %}{% endfor %}`;

  it.each<[string, string, RegExp]>([
    [
      "raises an exception whatever it is given",
      "{{ raise_exception('no \u001b[31mway') }}",
      /refuses.*no \\u\{1b\}\[31mway/,
    ],
    ["is no Jinja", "{% if %}", /cannot be rendered/],
    ["uses what is not there", "{{ nothing.at.all() }}", /cannot be rendered/],
    ["writes nothing", "{# #}", /writes nothing/],
    [
      "never ends",
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      /does not come to an end/,
    ],
    ["writes 256 MB", `${doubled(24)}{{ n.x }}`, /writes more than/],
    ["doubles a text beyond any string", `${doubled(40)}{{ n.x }}`, /writes more than/],
    ["works on 256 MB", `${doubled(24)}{{ n.x | upper | trim }}`, /memory/],
    [
      "writes a gigabyte piece by piece",
      `{% for a in range(99999) %}{{ '${"y".repeat(10_000)}' }}{% endfor %}`,
      /writes more than|does not come to an end/,
    ],
    ["asks for a billion numbers", "{{ range(1000000000) }}", /range\(\) of more than/],
    [
      "fills the memory with lists",
      "{% set n = namespace(x=[1]) %}{% for i in range(40) %}{% set n.x = n.x + n.x %}{% endfor %}",
      /memory/,
    ],
    ["nests without end", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`, /cannot be rendered/],
    ["is longer than a million characters", "x".repeat(2_000_000), /longer than a million/],
  ])("ends with an error for a template that %s", async (_name, template, sentence) => {
    const start = performance.now();
    const error = await failureOf(renderChatHead(facts(template), DEFAULT_CHAT, 2_000));
    expect(error).toBeInstanceOf(TelltaleError);
    expect(error.code).toBe("NO_CHAT_TEMPLATE");
    expect(error.message).toMatch(sentence);
    expect(performance.now() - start).toBeLessThan(13_000);
  });

  it.skipIf(process.platform === "win32")("does not take a process that somebody ends for a bad template", async () => {
    const endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    const failing = failureOf(renderChatHead(facts(endless), DEFAULT_CHAT, 30_000));
    const renderer = () =>
      processes().find(({ parent, args }) => parent === process.pid && args.includes("chat-template-child"));
    expect(await eventually(() => renderer() !== undefined)).toBe(true);
    process.kill(renderer()?.pid as number, "SIGKILL");
    expect(await failing).toMatchObject({ code: "ENGINE_DIED", message: expect.stringContaining("SIGKILL") });
  });
});
