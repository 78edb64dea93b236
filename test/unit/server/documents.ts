/** A runbook with one gate, a manual step and a check; it touches nothing outside. */
export const GREET = {
  path: 'runbooks/greet.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata:
  name: greet
  title: Greet somebody
  owner: team-a
purpose: operations
environment: test
timeout: 4h
inputs:
  who:
    type: string
    default: world
    max_length: 40
steps:
  - id: go
    name: Somebody says yes
    approval:
      by: [group:dba]
      need: 1
      timeout: 2h
      message: "greet \${{ inputs.who }}?"
  - id: look
    name: Somebody looks
    manual:
      by: [group:dba]
      instructions: Look at it
      timeout: 2h
  - id: same
    name: It is the same
    assert:
      - that: inputs.who != ""
        message: nobody to greet
`,
};

/** As above in production, for purpose failover: a severe plan. */
export const MOVE = {
  path: 'runbooks/move.yaml',
  text: GREET.text
    .replace('name: greet', 'name: move')
    .replace('purpose: operations', 'purpose: failover\non_failure: stop')
    .replace('environment: test', 'environment: production'),
};

/** A runbook that is wrong in one place. */
export const BROKEN = {
  path: 'runbooks/broken.yaml',
  text: GREET.text.replace('name: greet', 'name: broken').replace('approval:', 'aproval:'),
};

/** A gate with a form; the step after it reads what was answered. */
export const FORM = {
  path: 'runbooks/form.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: form, title: A form, owner: team-a }
purpose: operations
environment: test
timeout: 4h
steps:
  - id: go
    approval:
      by: [group:dba]
      need: 1
      timeout: 2h
      message: How good is it?
      form:
        grade: { type: string, enum: [good, bad] }
        pause: { type: duration, default: 10m }
  - id: check
    assert:
      - that: steps.go.outputs.grade == "good" && steps.go.outputs.pause == duration("10m")
        message: the answer did not arrive
`,
};
